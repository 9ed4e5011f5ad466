import { formatShape } from '../../core/tensor.js';
import type { OperatorName } from '../operators.js';
import { floating, numeric, ordered, summable } from './element-types.js';
import { broadcastShapes, sameAsInput } from './elementwise.js';
import type { OperatorCall, ShapeRules, ValueType } from './operator-call.js';

/** Sizes left by a reduction; without axes it is over all of them. */
function reduce(
  call: OperatorCall,
  axes: readonly number[] | undefined,
  keepAxes: boolean,
): readonly number[] {
  const { shape } = call.input(0);
  const reduced = new Set(
    axes === undefined || axes.length === 0
      ? shape.keys()
      : axes.map((axis) => call.axis(axis, shape.length)),
  );
  return shape.flatMap((size, axis) => (reduced.has(axis) ? (keepAxes ? [1] : []) : [size]));
}

function reduction(
  call: OperatorCall<'ReduceMax'> | OperatorCall<'ReduceMean'> | OperatorCall<'ReduceMin'>,
): readonly ValueType[] {
  call.requireDtype(0, ...(call.op === 'ReduceMean' ? summable : ordered));
  const { axes } = call.attributes;
  const keepAxes = call.flag('keepdims', call.attributes.keepdims);
  return [{ dtype: call.input(0).dtype, shape: reduce(call, axes, keepAxes) }];
}

function argument(call: OperatorCall<'ArgMax'> | OperatorCall<'ArgMin'>): readonly ValueType[] {
  call.requireDtype(0, ...numeric);
  const { axis, keepdims, select_last_index } = call.attributes;
  call.flag('select_last_index', select_last_index);
  return [{ dtype: 'int64', shape: reduce(call, [axis], call.flag('keepdims', keepdims)) }];
}

function softmax(call: OperatorCall<'Softmax'> | OperatorCall<'LogSoftmax'>): readonly ValueType[] {
  call.requireDtype(0, ...floating);
  call.axis(call.attributes.axis, call.input(0).shape.length);
  return sameAsInput(call);
}

/** Matrix products, reductions and softmax. */
export const algebraRules = {
  MatMul: (call) => {
    const a = call.input(0);
    const b = call.input(1);
    call.requireDtype(0, ...summable);
    call.requireSameDtype(0, 1);
    const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
    const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
    const inner = left.at(-1);
    if (inner !== right.at(-2) || a.shape.length === 0 || b.shape.length === 0) {
      call.fail(
        'the inner sizes differ',
        '[…, m, k] x […, k, n]',
        `${formatShape(a.shape)} x ${formatShape(b.shape)}`,
      );
    }
    const batch = broadcastShapes(call, [left.slice(0, -2), right.slice(0, -2)]);
    const rows = a.shape.length === 1 ? [] : [left.at(-2) ?? 0];
    const columns = b.shape.length === 1 ? [] : [right.at(-1) ?? 0];
    return [{ dtype: a.dtype, shape: [...batch, ...rows, ...columns] }];
  },
  Gemm: (call) => {
    const transA = call.flag('transA', call.attributes.transA);
    const transB = call.flag('transB', call.attributes.transB);
    const [rowsA = 0, columnsA = 0] = call.inputOfRank(0, 2).shape;
    const [rowsB = 0, columnsB = 0] = call.inputOfRank(1, 2).shape;
    call.requireDtype(0, ...summable);
    call.requireSameDtype(0, 1);
    const [rows, innerA] = transA ? [columnsA, rowsA] : [rowsA, columnsA];
    const [innerB, columns] = transB ? [columnsB, rowsB] : [rowsB, columnsB];
    if (innerA !== innerB) call.fail('the inner sizes differ', `${innerA}`, `${innerB}`);
    const bias = call.optionalInput(2);
    if (bias !== undefined) {
      call.requireSameDtype(0, 2);
      const joint = broadcastShapes(call, [[rows, columns], bias.shape]);
      if (joint.length !== 2 || joint[0] !== rows || joint[1] !== columns) {
        call.fail(
          'the bias is larger than the product',
          `[${rows}, ${columns}]`,
          formatShape(bias.shape),
        );
      }
    }
    return [{ dtype: call.input(0).dtype, shape: [rows, columns] }];
  },
  Softmax: softmax,
  LogSoftmax: softmax,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceSum: (call) => {
    call.requireDtype(0, ...summable);
    const axes = call.optionalInput(1) === undefined ? undefined : call.constantIntegers(1, 'axes');
    const shape = reduce(call, axes, call.flag('keepdims', call.attributes.keepdims));
    return [{ dtype: call.input(0).dtype, shape }];
  },
  ArgMax: argument,
  ArgMin: argument,
} as const satisfies Partial<ShapeRules<OperatorName>>;
