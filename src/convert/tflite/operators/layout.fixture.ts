import type { DType } from '../../../core/dtype.js';
import type { Random } from '../../../core/random.js';
import type { Shape } from '../../../core/tensor.js';
import type { OperatorName } from '../../../formats/tflite/index.js';
import {
  broadcastable,
  chance,
  pick,
  randomAxes,
  randomAxis,
  randomShape,
  shuffled,
} from '../../../graph/random-call.fixture.js';
import { constant, fed, integer, integers, type OperatorCases } from '../one-operator.fixture.js';
import {
  arrayOf,
  asTensor,
  at,
  type PlainArray,
  randomArray,
  stretched,
} from '../plain-array.fixture.js';
import { activatedArray, activations } from './fused-activation.fixture.js';

export function anyArray(random: Random, least = 1): PlainArray {
  return randomArray(random, randomShape(random, random.integer(least, 4)));
}

export function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

export function renamed({ numbers }: PlainArray, shape: Shape) {
  return [asTensor({ shape, numbers })];
}

/** Padding before and after each axis, and the array of what `read` finds around the input. */
function padded(
  random: Random,
  x: PlainArray,
  most: (size: number) => number,
  read: (index: readonly number[]) => number,
) {
  const pairs = x.shape.map((size) => [
    random.integer(0, most(size)),
    random.integer(0, most(size)),
  ]);
  const shape = x.shape.map(
    (size, axis) => size + (pairs[axis]?.[0] ?? 0) + (pairs[axis]?.[1] ?? 0),
  );
  const y = arrayOf(shape, (index) =>
    read(index.map((position, axis) => position - (pairs[axis]?.[0] ?? 0))),
  );
  const numbers = pairs.flat();
  const paddings = constant({ shape: [x.shape.length, 2], numbers }, 'int32');
  return { paddings, outputs: [asTensor(y)] };
}

function isInside({ shape }: PlainArray, index: readonly number[]): boolean {
  return index.every((position, axis) => position >= 0 && position < (shape[axis] ?? 0));
}

/** Reference loops of the operators that move elements about. */
export const layoutCases = {
  RESHAPE: (random) => {
    const x = anyArray(random);
    const shape = shuffled(random, [...x.shape, 1]);
    const told = pick(random, ['input', 'options', 'both'] as const);
    const newShape = told === 'input' ? [] : shape;
    return {
      options: { newShape },
      inputs: [fed(x), told === 'options' ? undefined : integers(...shape)],
      outputs: renamed(x, shape),
    };
  },
  SQUEEZE: (random) => {
    const rank = random.integer(1, 4);
    const axes = randomAxes(random, rank);
    const shape = axes.reduce<Shape>(
      (sizes, axis) => sizes.with(axis, 1),
      randomShape(random, rank),
    );
    const x = randomArray(random, shape);
    const all = chance(random, 0.3);
    const dropped = new Set(axes.map((axis) => positive(axis, rank)));
    const rest = shape.filter((size, axis) => (all ? size !== 1 : !dropped.has(axis)));
    return {
      options: { squeezeDims: all ? [] : axes },
      inputs: [fed(x)],
      outputs: renamed(x, rest),
    };
  },
  EXPAND_DIMS: (random) => {
    const x = randomArray(random, randomShape(random, random.integer(0, 3)));
    const axis = randomAxis(random, x.shape.length + 1);
    const shape = x.shape.toSpliced(positive(axis, x.shape.length + 1), 0, 1);
    return { options: {}, inputs: [fed(x), integer(axis)], outputs: renamed(x, shape) };
  },
  QUANTIZE: (random) => {
    const scale = 2 ** random.integer(-6, 0);
    const shape = randomShape(random, random.integer(1, 4));
    const dtype = pick(random, ['uint8', 'int8'] as const);
    const zeroPoint = dtype === 'uint8' ? 128 : 0;
    // Whole steps, as it is not settled where a result between two is rounded.
    const x = arrayOf(shape, () => scale * random.integer(-100, 100));
    return {
      options: {},
      inputs: [fed(x)],
      outputs: [asTensor(x)],
      stored: { dtype, quantization: { scale: [scale], zeroPoint: [zeroPoint], axis: 0 } },
    };
  },
  DEQUANTIZE: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    if (chance(random, 0.3)) {
      // Weights in half precision, of numbers that it holds exactly.
      const x = arrayOf(shape, () => random.integer(-64, 64) / 16);
      return { options: {}, inputs: [constant(x, 'float16')], outputs: [asTensor(x)] };
    }
    const dtype = pick(random, ['uint8', 'int8'] as const);
    const middle = dtype === 'uint8' ? 128 : 0;
    const stored = arrayOf(shape, () => random.integer(-128, 127) + middle);
    const scale = Math.fround(0.01 + random.uniform());
    const zeroPoint = random.integer(-20, 20) + middle;
    const y = { shape, numbers: stored.numbers.map((number) => scale * (number - zeroPoint)) };
    const quantization = { scale: [scale], zeroPoint: [zeroPoint], axis: 0 };
    return {
      options: {},
      inputs: [{ ...fed(stored, dtype), quantization }],
      outputs: [asTensor(y)],
    };
  },
  CONCATENATION: (random) => {
    const first = randomShape(random, random.integer(1, 4));
    const given = randomAxis(random, first.length);
    const axis = positive(given, first.length);
    const arrays = Array.from({ length: random.integer(1, 3) }, () =>
      randomArray(random, first.with(axis, random.integer(1, 3))),
    );
    const whole = arrays.reduce((size, { shape }) => size + (shape[axis] ?? 0), 0);
    const y = arrayOf(first.with(axis, whole), (index) => {
      let position = index[axis] ?? 0;
      for (const array of arrays) {
        const size = array.shape[axis] ?? 0;
        if (position < size) return at(array, ...index.with(axis, position));
        position -= size;
      }
      return Number.NaN;
    });
    const activation = pick(random, activations);
    return {
      options: { axis: given, activation },
      inputs: arrays.map((array, part) => (part === 1 ? constant(array) : fed(array))),
      outputs: [asTensor(activatedArray(y, activation))],
    };
  },
  TRANSPOSE: (random) => {
    const x = anyArray(random);
    const perm = shuffled(random, [...x.shape.keys()]);
    const y = arrayOf(
      perm.map((axis) => x.shape[axis] ?? 0),
      (index) => at(x, ...x.shape.map((_, axis) => index[perm.indexOf(axis)] ?? 0)),
    );
    return { options: {}, inputs: [fed(x), integers(...perm)], outputs: [asTensor(y)] };
  },
  PAD: (random) => {
    const x = anyArray(random);
    const { paddings, outputs } = padded(
      random,
      x,
      () => 2,
      (index) => at(x, ...index),
    );
    return { options: {}, inputs: [fed(x), paddings], outputs };
  },
  PADV2: (random) => {
    const x = anyArray(random);
    const fill = randomArray(random, []);
    const read = (index: readonly number[]) =>
      isInside(x, index) ? at(x, ...index) : (fill.numbers[0] ?? 0);
    const { paddings, outputs } = padded(random, x, () => 2, read);
    return { options: {}, inputs: [fed(x), paddings, constant(fill)], outputs };
  },
  MIRROR_PAD: (random) => {
    const x = anyArray(random);
    const reflected = (position: number, size: number): number =>
      position < 0 ? -position : position >= size ? 2 * size - 2 - position : position;
    const read = (index: readonly number[]) =>
      at(x, ...index.map((position, axis) => reflected(position, x.shape[axis] ?? 1)));
    const { paddings, outputs } = padded(random, x, (size) => size - 1, read);
    return { options: { mode: 'REFLECT' }, inputs: [fed(x), paddings], outputs };
  },
  TILE: (random) => {
    const onePixel = chance(random, 0.4);
    const [batch = 1, channels = 1] = randomShape(random, 2);
    const x = onePixel ? randomArray(random, [batch, 1, 1, channels]) : anyArray(random);
    const repeats = onePixel
      ? [1, random.integer(1, 4), random.integer(1, 4), random.integer(1, 2)]
      : x.shape.map(() => random.integer(1, 3));
    const y = arrayOf(
      x.shape.map((size, axis) => size * (repeats[axis] ?? 1)),
      (index) => at(x, ...index.map((position, axis) => position % (x.shape[axis] ?? 1))),
    );
    return { options: {}, inputs: [fed(x), integers(...repeats)], outputs: [asTensor(y)] };
  },
  BROADCAST_TO: (random) => {
    const [whole = []] = broadcastable(random, 1);
    const shape = whole.length === 0 ? [2] : whole;
    const from = shape
      .slice(random.integer(0, shape.length))
      .map((size) => (chance(random, 0.4) ? 1 : size));
    const x = randomArray(random, from);
    const y = arrayOf(shape, (index) => stretched(x, index));
    return { options: {}, inputs: [fed(x), integers(...shape)], outputs: [asTensor(y)] };
  },
  SHAPE: (random) => {
    const x = anyArray(random);
    const outputType = pick(random, ['int32', 'int64'] as const);
    const y = asTensor({ shape: [x.shape.length], numbers: x.shape }, outputType);
    return { options: { outputType }, inputs: [fed(x)], outputs: [y] };
  },
  FILL: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    const value = randomArray(random, []);
    const y = arrayOf(shape, () => value.numbers[0] ?? 0);
    return { options: {}, inputs: [integers(...shape), fed(value)], outputs: [asTensor(y)] };
  },
  RANGE: (random) => {
    const dtype: DType = pick(random, ['float32', 'int32']);
    const step = pick(random, [1, 2, -1, -3]);
    const start = random.integer(-5, 5);
    const count = random.integer(1, 6);
    const y = {
      shape: [count],
      numbers: Array.from({ length: count }, (_, i) => start + i * step),
    };
    const scalar = (number: number) => constant({ shape: [], numbers: [number] }, dtype);
    return {
      options: {},
      inputs: [scalar(start), scalar(start + count * step), scalar(step)],
      outputs: [asTensor(y, dtype)],
    };
  },
  CAST: (random) => {
    const types = ['float32', 'int32', 'int64', 'bool', 'uint8'] as const;
    const inputType = pick(random, types);
    const outputType = pick(random, types);
    const largest = inputType === 'bool' ? 1 : 9;
    const x = arrayOf(randomShape(random, random.integer(1, 4)), () => random.integer(0, largest));
    const y = {
      ...x,
      numbers: x.numbers.map((value) => (outputType === 'bool' ? Number(value !== 0) : value)),
    };
    return {
      options: { inputType, outputType },
      inputs: [fed(x, inputType)],
      outputs: [asTensor(y, outputType)],
    };
  },
} as const satisfies Partial<OperatorCases<OperatorName>>;
