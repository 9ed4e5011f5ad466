import { formatShape, sameShape } from '../../core/tensor.js';
import type { OperatorName } from '../operators.js';
import { bytes } from './element-types.js';
import { broadcastShapes } from './elementwise.js';
import type { OperatorCall, ShapeRules, ValueType } from './operator-call.js';
import { requireScalars, requireScale, requireStored, requireStoredLike } from './quantisation.js';

/** Demands a scale for the tensor, or one per slice of the axis that the operator names. */
function requireScales(
  call: OperatorCall<'QuantizeLinear'> | OperatorCall<'DequantizeLinear'>,
): void {
  const { shape } = call.input(0);
  const perSlice = call.input(1).shape.length === 1;
  const slices = perSlice ? shape[call.axis(call.attributes.axis, shape.length)] : undefined;
  requireScale(call, 1, slices);
}

function quantisedBinary(call: OperatorCall): readonly ValueType[] {
  requireStored(call, 0);
  requireStored(call, 3);
  call.requireSameDtype(0, 3);
  requireStoredLike(call, 6, 0);
  requireScalars(call, [1, 2, 4, 5, 6, 7]);
  const shape = broadcastShapes(call, [call.input(0).shape, call.input(3).shape]);
  return [{ dtype: call.input(0).dtype, shape }];
}

/** Quantised arithmetic: real value = scale x (stored - zero point). */
export const quantisedRules = {
  QuantizeLinear: (call) => {
    call.requireDtype(0, 'float32');
    call.requireDtype(2, ...bytes);
    requireScales(call);
    return [{ dtype: call.input(2).dtype, shape: call.input(0).shape }];
  },
  DequantizeLinear: (call) => {
    call.requireDtype(0, ...bytes, 'int32');
    call.requireSameDtype(0, 2);
    requireScales(call);
    return [{ dtype: 'float32', shape: call.input(0).shape }];
  },
  QLinearAdd: quantisedBinary,
  QLinearMul: quantisedBinary,
  QLinearConcat: (call) => {
    const first = call.input(2);
    const axis = call.axis(call.attributes.axis, first.shape.length);
    requireStoredLike(call, 0, 2);
    let total = 0;
    for (let position = 2; position < call.inputs.length; position += 3) {
      const { shape } = call.input(position);
      requireStored(call, position);
      call.requireSameDtype(2, position);
      const sameRank = shape.length === first.shape.length;
      if (!sameRank || !sameShape(shape.toSpliced(axis, 1), first.shape.toSpliced(axis, 1))) {
        call.fail(
          `input ${position} does not line up`,
          formatShape(first.shape),
          formatShape(shape),
        );
      }
      total += shape[axis] ?? 0;
    }
    return [{ dtype: first.dtype, shape: first.shape.with(axis, total) }];
  },
  QLinearSigmoid: (call) => {
    requireStored(call, 0);
    requireStoredLike(call, 3, 0);
    return [{ dtype: call.input(0).dtype, shape: call.input(0).shape }];
  },
} as const satisfies Partial<ShapeRules<OperatorName>>;
