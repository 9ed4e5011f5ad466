import type { Random } from '../../../core/random.js';
import type { OperatorName } from '../../../formats/tflite/index.js';
import {
  chance,
  pick,
  randomAxes,
  randomAxis,
  randomShape,
} from '../../../graph/random-call.fixture.js';
import { fed, integer, integers, type OperatorCases } from '../one-operator.fixture.js';
import { arrayOf, asTensor, at, type PlainArray, randomArray } from '../plain-array.fixture.js';
import { type Along, windows } from './convolution.fixture.js';
import { activatedArray, activations } from './fused-activation.fixture.js';

/** A pool over the elements of each window that lie in the image. */
function pool(random: Random, combine: (values: readonly number[]) => number) {
  const along = (): Along => {
    const kernel = random.integer(1, 3);
    return {
      kernel,
      dilation: 1,
      stride: random.integer(1, 3),
      size: kernel + random.integer(0, 5),
    };
  };
  const [rows, columns] = [along(), along()];
  const whole = chance(random, 0.3);
  const size = [rows.size, columns.size] as const;
  const kernel = whole ? size : ([rows.kernel, columns.kernel] as const);
  const padding = whole ? 'VALID' : pick(random, ['SAME', 'VALID'] as const);
  const vertical = windows({ ...rows, kernel: kernel[0] }, padding);
  const horizontal = windows({ ...columns, kernel: kernel[1] }, padding);
  const [batch = 1, channels = 1] = randomShape(random, 2, 3);
  const x = randomArray(random, [batch, ...size, channels]);
  const shape = [batch, vertical.count, horizontal.count, channels];
  const y = arrayOf(shape, ([n = 0, i = 0, j = 0, c = 0]) => {
    const values: number[] = [];
    for (let u = 0; u < kernel[0]; u++) {
      for (let v = 0; v < kernel[1]; v++) {
        const row = vertical.first + i * rows.stride + u;
        const column = horizontal.first + j * columns.stride + v;
        const inside = row >= 0 && row < size[0] && column >= 0 && column < size[1];
        if (inside) values.push(at(x, n, row, column, c));
      }
    }
    return combine(values);
  });
  const activation = pick(random, activations);
  return {
    options: {
      padding,
      strideHeight: rows.stride,
      strideWidth: columns.stride,
      filterHeight: kernel[0],
      filterWidth: kernel[1],
      activation,
    },
    inputs: [fed(x)],
    outputs: [asTensor(activatedArray(y, activation))],
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function mean(values: readonly number[]): number {
  return total(values) / values.length;
}

function greatest(values: readonly number[]): number {
  return Math.max(...values);
}

/** Elements of `x` that agree with a position on all axes but some. */
function along(x: PlainArray, index: readonly number[], axes: ReadonlySet<number>) {
  let indexes: readonly (readonly number[])[] = [[]];
  x.shape.forEach((size, axis) => {
    const choices = axes.has(axis) ? [...new Array(size).keys()] : [index[axis] ?? 0];
    indexes = indexes.flatMap((start) => choices.map((choice) => [...start, choice]));
  });
  return indexes.map((each) => at(x, ...each));
}

function reduction(random: Random, combine: (values: readonly number[]) => number) {
  const rank = random.integer(1, 4);
  const given =
    rank === 4 && chance(random, 0.4)
      ? pick(random, [
          [1, 2],
          [2, 1],
          [-3, -2],
        ])
      : randomAxes(random, rank);
  const axes = new Set(given.map((axis) => (axis < 0 ? axis + rank : axis)));
  const x = randomArray(random, randomShape(random, rank));
  const kept = arrayOf(
    x.shape.map((size, axis) => (axes.has(axis) ? 1 : size)),
    (index) => combine(along(x, index, axes)),
  );
  const keepDims = chance(random, 0.5);
  const shape = keepDims ? kept.shape : x.shape.filter((_, axis) => !axes.has(axis));
  return {
    options: { keepDims },
    inputs: [fed(x), integers(...given)],
    outputs: [asTensor({ shape, numbers: kept.numbers })],
  };
}

/** Position of the first of the best elements along an axis. */
function argument(random: Random, better: (a: number, b: number) => boolean) {
  const rank = random.integer(1, 4);
  const x = arrayOf(randomShape(random, rank), () => random.integer(-2, 2));
  const given = randomAxis(random, rank);
  const axis = given < 0 ? given + rank : given;
  const shape = x.shape.filter((_, other) => other !== axis);
  const y = arrayOf(shape, (index) => {
    const values = along(x, index.toSpliced(axis, 0, 0), new Set([axis]));
    return values.reduce((best, value, at) => (better(value, values[best] ?? 0) ? at : best), 0);
  });
  const outputType = pick(random, ['int32', 'int64'] as const);
  return {
    options: { outputType },
    inputs: [fed(x), integer(given)],
    outputs: [asTensor(y, outputType)],
  };
}

function softmax(random: Random, beta: number, finish: (share: number) => number) {
  const x = randomArray(random, randomShape(random, random.integer(1, 4)));
  const last = x.shape.length - 1;
  const y = arrayOf(x.shape, (index) => {
    const sum = total(along(x, index, new Set([last])).map((value) => Math.exp(beta * value)));
    return finish(Math.exp(beta * at(x, ...index)) / sum);
  });
  return { inputs: [fed(x)], outputs: [asTensor(y)] };
}

/** Reference loops of pooling, reductions and extremes. */
export const poolingCases = {
  AVERAGE_POOL_2D: (random) => pool(random, mean),
  MAX_POOL_2D: (random) => pool(random, greatest),
  MEAN: (random) => reduction(random, mean),
  SUM: (random) => reduction(random, total),
  REDUCE_MAX: (random) => reduction(random, greatest),
  ARG_MAX: (random) => argument(random, (a, b) => a > b),
  ARG_MIN: (random) => argument(random, (a, b) => a < b),
  SOFTMAX: (random) => {
    const beta = pick(random, [1, 1, 0.5, 2]);
    return { options: { beta }, ...softmax(random, beta, (share) => share) };
  },
  LOG_SOFTMAX: (random) => ({ options: {}, ...softmax(random, 1, Math.log) }),
} as const satisfies Partial<OperatorCases<OperatorName>>;
