import { type DType, isFloat } from '../../core/dtype.js';
import {
  elementCount,
  type Shape,
  type Tensor,
  tensor,
  toNumbers,
  zeros,
} from '../../core/tensor.js';
import type { OperatorName } from '../operators.js';
import { inferShapes, type OperatorCall, type ValueType } from '../shape-rules/index.js';
import { sliceRanges } from '../shape-rules/layout.js';
import {
  broadcastStrides,
  denseStrides,
  fromNumbers,
  gatherView,
  pick,
  positionsOf,
  type StridedView,
  wholeRange,
} from './strided.js';

/** Elements from which on a result larger than its inputs is left to be computed when the graph runs. */
const largestGrown = 2 ** 20;

/** Computes an operator's only output from constant inputs; `undefined` leaves it to the runtime. */
type Evaluator<Op extends OperatorName> = (
  call: OperatorCall<Op>,
  inputs: readonly Tensor[],
  output: ValueType,
) => Tensor | undefined;

function unary(compute: (x: number) => number): Evaluator<OperatorName> {
  return (_call, [x], { dtype, shape }) => held(dtype, shape, numbersOf(x).map(compute));
}

function binary(compute: (a: number, b: number) => number): Evaluator<OperatorName> {
  return (_call, [first, ...rest], { dtype, shape }) => {
    let result = broadcastNumbers(first, shape);
    for (const other of rest) {
      const operand = broadcastNumbers(other, shape);
      result = result.map((value, element) => compute(value, operand[element] ?? 0));
    }
    return held(dtype, shape, result);
  };
}

function comparison(compare: (a: number, b: number) => boolean): Evaluator<OperatorName> {
  return binary((a, b) => (compare(a, b) ? 1 : 0));
}

function view(
  choose: (call: OperatorCall, input: Tensor, output: ValueType) => StridedView,
): Evaluator<OperatorName> {
  return (call, [input], output) => {
    const source = present(call, input);
    return gatherView(source, choose(call, source, output));
  };
}

const relabel: Evaluator<OperatorName> = (call, [input], { shape }) => {
  const { dtype, data } = present(call, input);
  return tensor(dtype, shape, data as never);
};

const divide: Evaluator<OperatorName> = (call, inputs, output) => {
  const whole = !isFloat(output.dtype);
  if (whole && numbersOf(inputs[1]).includes(0)) call.fail('division by zero');
  return binary((a, b) => (whole ? Math.trunc(a / b) : a / b))(call, inputs, output);
};

/** Operators that are worked out when all their inputs are known; all others are left to run. */
const evaluators: { readonly [Op in OperatorName]?: Evaluator<Op> } = {
  Identity: relabel,
  Reshape: relabel,
  Squeeze: relabel,
  Unsqueeze: relabel,
  Flatten: relabel,
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Reciprocal: unary((x) => 1 / x),
  Cast: (_call, [input], { dtype, shape }) => {
    const numbers = numbersOf(input);
    if (dtype === 'bool')
      return fromNumbers(
        dtype,
        shape,
        numbers.map((x) => Number(x !== 0)),
      );
    // What becomes of numbers beyond the type's range is each processor's own affair.
    const [least, greatest] = isFloat(dtype) ? [] : wholeRange(dtype);
    const fits = numbers.every((x) => x >= (least ?? x) && x <= (greatest ?? x));
    return isFloat(dtype) || fits ? held(dtype, shape, numbers) : undefined;
  },
  Not: unary((x) => 1 - x),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: divide,
  Pow: binary((a, b) => a ** b),
  Max: binary(Math.max),
  Min: binary(Math.min),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  Less: comparison((a, b) => a < b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  LessOrEqual: comparison((a, b) => a <= b),
  Where: (_call, [condition, yes, no], { dtype, shape }) => {
    const whenTrue = broadcastNumbers(yes, shape);
    const whenFalse = broadcastNumbers(no, shape);
    const chosen = broadcastNumbers(condition, shape).map(
      (flag, element) => (flag === 0 ? whenFalse : whenTrue)[element] ?? 0,
    );
    return fromNumbers(dtype, shape, chosen);
  },
  Transpose: (call, [input], { shape }) => {
    const source = present(call, input);
    const dense = denseStrides(source.shape);
    const strides = call.attributes.perm.map((axis) => dense[axis] ?? 0);
    return gatherView(source, { shape, strides, offset: 0 });
  },
  Slice: view((call, input, { shape }) => {
    const strides = [...denseStrides(input.shape)];
    let offset = 0;
    for (const { axis, start, step } of sliceRanges(call)) {
      const stride = strides[axis] ?? 0;
      offset += start * stride;
      strides[axis] = step * stride;
    }
    return { shape, strides, offset };
  }),
  Expand: view((_call, input, { shape }) => ({
    shape,
    strides: broadcastStrides(input.shape, shape),
    offset: 0,
  })),
  Gather: (call, [data, indices], { shape }) => {
    const source = present(call, data);
    const axis = call.axis(call.attributes.axis, source.shape.length);
    const size = source.shape[axis] ?? 0;
    const before = source.shape.slice(0, axis);
    const after = source.shape.slice(axis + 1);
    const rowStrides = denseStrides(source.shape);
    const rows = positionsOf({ shape: before, strides: rowStrides.slice(0, axis), offset: 0 });
    const columns = positionsOf({ shape: after, strides: rowStrides.slice(axis + 1), offset: 0 });
    const positions = new Int32Array(shape.reduce((product, each) => product * each, 1));
    let element = 0;
    for (const row of rows) {
      for (const index of numbersOf(indices)) {
        const chosen = index < 0 ? index + size : index;
        if (chosen < 0 || chosen >= size)
          call.fail('an index is out of range', `0 to ${size - 1}`, `${index}`);
        for (const column of columns) {
          positions[element++] = row + chosen * (rowStrides[axis] ?? 0) + column;
        }
      }
    }
    return pick(source, shape, positions);
  },
  Concat: (call, inputs, { dtype, shape }) => {
    const axis = call.axis(call.attributes.axis, shape.length);
    const outer = elementCount(shape.slice(0, axis));
    const joined = zeros(dtype, shape);
    let end = 0;
    for (let row = 0; row < outer; row++) {
      for (const { data, shape: own } of inputs) {
        const block = elementCount(own.slice(axis));
        joined.data.set(data.subarray(row * block, (row + 1) * block) as never, end);
        end += block;
      }
    }
    return joined;
  },
  DequantizeLinear: (call, [stored, scale, zeroPoint], { shape }) => {
    const source = present(call, stored);
    const scales = numbersOf(scale);
    const zeroPoints = numbersOf(zeroPoint);
    const axis = call.axis(call.attributes.axis, Math.max(shape.length, 1));
    const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    const size = scales.length === 1 ? 1 : (shape[axis] ?? 1);
    const real = Float32Array.from(toNumbers(source), (value, element) => {
      const channel = scales.length === 1 ? 0 : Math.floor(element / inner) % size;
      return Math.fround(scales[channel] ?? 1) * (value - (zeroPoints[channel] ?? 0));
    });
    return tensor('float32', shape, real);
  },
};

/**
 * The output of a call whose inputs are all constant, or `undefined` where it has several outputs
 * or is not worth computing beforehand.
 */
export function evaluate<Op extends OperatorName>(call: OperatorCall<Op>): Tensor | undefined {
  if (call.op === 'Shape') {
    const { shape } = call.input(0);
    return tensor('int64', [shape.length], BigInt64Array.from(shape, BigInt));
  }
  const evaluator: Evaluator<Op> | undefined = evaluators[call.op];
  if (evaluator === undefined || call.outputCount !== 1) return undefined;
  const inputs: Tensor[] = [];
  for (const input of call.inputs) {
    if (input?.constant === undefined) return undefined;
    inputs.push(input.constant);
  }
  const [output] = inferShapes(call);
  // Half precision is a storage format here: rounding to it is left to the runtime.
  if (output === undefined || output.dtype === 'float16') return undefined;
  const count = elementCount(output.shape);
  if (count > largestGrown && inputs.every(({ data }) => data.length < count)) return undefined;
  return evaluator(call, inputs, output);
}

/** The numbers as a tensor, unless it is of whole numbers and one of them is none. */
function held(dtype: DType, shape: Shape, numbers: readonly number[]): Tensor | undefined {
  if (!isFloat(dtype) && !numbers.every(Number.isFinite)) return undefined;
  return fromNumbers(dtype, shape, numbers);
}

function present(call: OperatorCall, input: Tensor | undefined): Tensor {
  return input ?? call.fail('an input is missing');
}

function numbersOf(input: Tensor | undefined): readonly number[] {
  return input === undefined ? [] : toNumbers(input);
}

function broadcastNumbers(input: Tensor | undefined, shape: readonly number[]): readonly number[] {
  if (input === undefined) return [];
  const numbers = toNumbers(input);
  const strides = broadcastStrides(input.shape, shape);
  return Array.from(positionsOf({ shape, strides, offset: 0 }), (at) => numbers[at] ?? 0);
}
