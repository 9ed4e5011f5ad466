import type { DType } from '../../../core/dtype.js';
import type { Random } from '../../../core/random.js';
import type { Shape } from '../../../core/tensor.js';
import type { Activation, OperatorName } from '../../../formats/tflite/index.js';
import { broadcastable, chance, pick, randomShape } from '../../../graph/random-call.fixture.js';
import { constant, fed, type OperatorCases } from '../one-operator.fixture.js';
import {
  arrayOf,
  asTensor,
  type PlainArray,
  positiveArray,
  randomArray,
  stretched,
} from '../plain-array.fixture.js';
import { activated, activations } from './fused-activation.fixture.js';

type MakeArray = (random: Random, shape: Shape) => PlainArray;

/** Shape of arrays broadcast together. */
function joint(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
}

function unary(compute: (x: number) => number, make: MakeArray = randomArray) {
  return (random: Random) => {
    const x = make(random, randomShape(random, random.integer(0, 4)));
    const y = { shape: x.shape, numbers: x.numbers.map(compute) };
    return { options: {}, inputs: [fed(x)], outputs: [asTensor(y)] };
  };
}

/** Either operand may be a constant of the file, of fewer axes or of axes of size 1. */
function operands(random: Random, make: MakeArray) {
  const [a = [], b = []] = broadcastable(random, 2);
  const arrays = [randomArray(random, a), make(random, b)] as const;
  const known = random.integer(0, 2);
  const inputs = arrays.map((array, at) => (at === known ? constant(array) : fed(array)));
  return { arrays, inputs, shape: joint([a, b]) };
}

function binary(
  compute: (a: number, b: number) => number,
  { make = randomArray, dtype = 'float32' }: { make?: MakeArray; dtype?: DType } = {},
) {
  return (random: Random) => {
    const { arrays, inputs, shape } = operands(random, make);
    const [a, b] = arrays;
    const y = arrayOf(shape, (index) => compute(stretched(a, index), stretched(b, index)));
    return { options: {}, inputs, outputs: [asTensor(y, dtype)] };
  };
}

function fused(compute: (a: number, b: number) => number, make: MakeArray = randomArray) {
  return (random: Random) => {
    const activation: Activation = pick(random, activations);
    const whole = binary((a, b) => activated(compute(a, b), activation), { make });
    return { ...whole(random), options: { activation } };
  };
}

/** Numbers of few values, so that many are equal. */
const coarse: MakeArray = (random, shape) => arrayOf(shape, () => random.integer(-1, 1));

function comparison(compare: (a: number, b: number) => boolean) {
  return (random: Random) => {
    const [a = [], b = []] = broadcastable(random, 2);
    const left = coarse(random, a);
    const right = coarse(random, b);
    const y = arrayOf(joint([a, b]), (index) =>
      Number(compare(stretched(left, index), stretched(right, index))),
    );
    return { options: {}, inputs: [fed(left), fed(right)], outputs: [asTensor(y, 'bool')] };
  };
}

function select(random: Random, shapes: readonly Shape[]) {
  const [condition = [], yes = [], no = []] = shapes;
  const flags = arrayOf(condition, () => random.integer(0, 1));
  const a = randomArray(random, yes);
  const b = randomArray(random, no);
  const y = arrayOf(joint(shapes), (index) =>
    stretched(flags, index) === 1 ? stretched(a, index) : stretched(b, index),
  );
  return { options: {}, inputs: [fed(flags, 'bool'), fed(a), fed(b)], outputs: [asTensor(y)] };
}

/** Reference formulas of the operators that work element by element. */
export const arithmeticCases = {
  ADD: fused((a, b) => a + b),
  SUB: fused((a, b) => a - b),
  MUL: fused((a, b) => a * b),
  DIV: fused((a, b) => a / b, positiveArray),
  MAXIMUM: binary(Math.max),
  MINIMUM: binary(Math.min),
  POW: (random) => {
    const { shape, numbers } = positiveArray(random, randomShape(random, random.integer(1, 4)));
    const exponent = randomArray(random, []);
    const [power = 0] = exponent.numbers;
    return {
      options: {},
      inputs: [fed({ shape, numbers }), constant(exponent)],
      outputs: [asTensor({ shape, numbers: numbers.map((x) => x ** power) })],
    };
  },
  SQUARED_DIFFERENCE: binary((a, b) => (a - b) ** 2),
  EQUAL: comparison((a, b) => a === b),
  NOT_EQUAL: comparison((a, b) => a !== b),
  GREATER: comparison((a, b) => a > b),
  GREATER_EQUAL: comparison((a, b) => a >= b),
  LESS: comparison((a, b) => a < b),
  LESS_EQUAL: comparison((a, b) => a <= b),
  ABS: unary(Math.abs),
  ELU: unary((x) => (x < 0 ? Math.expm1(x) : x)),
  EXP: unary(Math.exp),
  FLOOR: unary(Math.floor),
  HARD_SWISH: unary((x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6),
  LOG: unary(Math.log, positiveArray),
  LOGISTIC: unary((x) => 1 / (1 + Math.exp(-x))),
  NEG: unary((x) => -x),
  RELU: unary((x) => activated(x, 'RELU')),
  RELU6: unary((x) => activated(x, 'RELU6')),
  RELU_N1_TO_1: unary((x) => activated(x, 'RELU_N1_TO_1')),
  RSQRT: unary((x) => 1 / Math.sqrt(x), positiveArray),
  SQRT: unary(Math.sqrt, positiveArray),
  SQUARE: unary((x) => x ** 2),
  TANH: unary(Math.tanh),
  LEAKY_RELU: (random) => {
    const alpha = Math.fround(random.uniform());
    return { ...unary((x) => (x < 0 ? alpha * x : x))(random), options: { alpha } };
  },
  PRELU: (random) => {
    const x = randomArray(random, randomShape(random, random.integer(1, 4)));
    // TensorFlow's layer has a slope per channel, or per position of everything but the batch.
    const shape = x.shape.slice(random.integer(0, x.shape.length - 1));
    const slope = randomArray(
      random,
      shape.map((size) => (chance(random, 0.3) ? 1 : size)),
    );
    const y = arrayOf(x.shape, (index) => {
      const value = stretched(x, index);
      return value < 0 ? value * stretched(slope, index) : value;
    });
    return { options: {}, inputs: [fed(x), constant(slope)], outputs: [asTensor(y)] };
  },
  SELECT: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    if (shape.length === 1 || chance(random, 0.5)) return select(random, [shape, shape, shape]);
    // A vector chooses whole rows.
    const [rows = 1] = shape;
    const flags = arrayOf([rows], () => random.integer(0, 1));
    const a = randomArray(random, shape);
    const b = randomArray(random, shape);
    const y = arrayOf(shape, (index) =>
      stretched(flags.numbers[index[0] ?? 0] === 1 ? a : b, index),
    );
    return { options: {}, inputs: [fed(flags, 'bool'), fed(a), fed(b)], outputs: [asTensor(y)] };
  },
  SELECT_V2: (random) => select(random, broadcastable(random, 3)),
} as const satisfies Partial<OperatorCases<OperatorName>>;
