import { elementCount, formatShape } from '../../core/tensor.js';
import type { OperatorName } from '../operators.js';
import { broadcastShapes } from './elementwise.js';
import type { OperatorCall, ShapeRules, ValueType } from './operator-call.js';

/** Demands scale and zero point: one pair for the tensor, or one per slice of the axis. */
function requireQuantisation(
  call: OperatorCall,
  position: number,
  axisSize: number | undefined,
): void {
  const scale = call.input(position);
  const zeroPoint = call.input(position + 1);
  call.requireDtype(position, 'float32');
  const count = elementCount(scale.shape);
  if (count !== 1 && count !== axisSize) {
    call.fail('the scales do not fit the axis', `1 or ${axisSize}`, `${count}`);
  }
  if (elementCount(zeroPoint.shape) !== count) {
    call.fail(
      'scales and zero points differ in number',
      formatShape(scale.shape),
      formatShape(zeroPoint.shape),
    );
  }
}

function axisSize(
  call: OperatorCall<'QuantizeLinear'> | OperatorCall<'DequantizeLinear'>,
): number | undefined {
  return call.input(0).shape.at(call.attributes.axis);
}

function quantisedBinary(call: OperatorCall): readonly ValueType[] {
  call.requireDtype(0, 'uint8', 'int8');
  call.requireSameDtype(0, 3);
  for (const position of [1, 4, 6]) requireQuantisation(call, position, undefined);
  const shape = broadcastShapes(call, [call.input(0).shape, call.input(3).shape]);
  return [{ dtype: call.input(7).dtype, shape }];
}

/** Quantised arithmetic: real value = scale x (stored - zero point). */
export const quantisedRules = {
  QuantizeLinear: (call) => {
    call.requireDtype(0, 'float32');
    requireQuantisation(call, 1, axisSize(call));
    return [{ dtype: call.input(2).dtype, shape: call.input(0).shape }];
  },
  DequantizeLinear: (call) => {
    call.requireDtype(0, 'uint8', 'int8', 'int32');
    call.requireSameDtype(0, 2);
    requireQuantisation(call, 1, axisSize(call));
    return [{ dtype: 'float32', shape: call.input(0).shape }];
  },
  QLinearAdd: quantisedBinary,
  QLinearMul: quantisedBinary,
  QLinearConcat: (call) => {
    const first = call.input(2);
    const axis = call.axis(call.attributes.axis, first.shape.length);
    let total = 0;
    for (let position = 2; position < call.inputs.length; position += 3) {
      const { shape } = call.input(position);
      requireQuantisation(call, position + 1, undefined);
      if (shape.some((size, other) => other !== axis && size !== first.shape[other])) {
        call.fail(
          `input ${position} does not line up`,
          formatShape(first.shape),
          formatShape(shape),
        );
      }
      total += shape[axis] ?? 0;
    }
    return [{ dtype: call.input(1).dtype, shape: first.shape.with(axis, total) }];
  },
  QLinearSigmoid: (call) => {
    requireQuantisation(call, 1, undefined);
    return [{ dtype: call.input(4).dtype, shape: call.input(0).shape }];
  },
} as const satisfies Partial<ShapeRules<OperatorName>>;
