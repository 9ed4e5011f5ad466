import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../core/random.js';
import type { OperatorName } from '../../formats/tflite/index.js';
import { pick, randomShape } from '../../graph/random-call.fixture.js';
import { integers, type OperatorCase } from './one-operator.fixture.js';
import { type Along, convolved, randomWindows, windows } from './operators/convolution.fixture.js';
import { activated } from './operators/fused-activation.fixture.js';
import { arrayOf, at, type PlainArray, stretched } from './plain-array.fixture.js';
import {
  quantisedCase,
  type Stored,
  type StoredInput,
  stepsApart,
  storedBias,
  storedInput,
  storedRange,
  storedWeights,
} from './quantised-case.fixture.js';

/** Activations whose clamp 8-bit numbers can stand for. */
const clamps = ['NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1'] as const;

function mapped({ shape, numbers }: PlainArray, compute: (x: number) => number): PlainArray {
  return { shape, numbers: numbers.map(compute) };
}

function convolution(
  random: Random,
  dtype: Stored,
  depthwise: boolean,
): OperatorCase<'DEPTHWISE_CONV_2D'> & OperatorCase<'CONV_2D'> {
  const window = randomWindows(random);
  const [rows, columns] = window;
  const [channels = 1, own = 1] = randomShape(random, 2, 4);
  const filters = depthwise ? channels * own : own;
  const perFilter = dtype === 'int8';
  const kernel = [rows.kernel, columns.kernel];
  const x = storedInput(random, [1, rows.size, columns.size, channels], dtype);
  const w = depthwise
    ? storedWeights(random, [1, ...kernel, filters], dtype, perFilter ? 3 : undefined)
    : storedWeights(random, [filters, ...kernel, channels], dtype, perFilter ? 0 : undefined);
  const bias = storedBias(random, filters, x, w);
  const padding = pick(random, ['SAME', 'VALID'] as const);
  const activation = pick(random, clamps);
  const sums = convolved(
    x.real,
    window,
    padding,
    filters,
    (o) => (depthwise ? [Math.floor(o / own)] : [...new Array(channels).keys()]),
    (o, u, v, c) => (depthwise ? at(w.real, 0, u, v, o) : at(w.real, o, u, v, c)),
  );
  const real = arrayOf(sums.shape, (index) =>
    activated(at(sums, ...index) + (bias.real.numbers[index[3] ?? 0] ?? 0), activation),
  );
  const parts = {
    options: {
      padding,
      strideHeight: rows.stride,
      strideWidth: columns.stride,
      dilationHeight: rows.dilation,
      dilationWidth: columns.dilation,
      activation,
      depthMultiplier: own,
    },
    inputs: [x.input, w.input, bias.input],
  };
  if (activation !== 'RELU6') return quantisedCase(parts, real, dtype);
  // As converters choose it, the range ends where the activation does.
  const [least] = storedRange[dtype];
  const quantization = { scale: [Math.fround(6 / 255)], zeroPoint: [least], axis: 0 };
  return quantisedCase(parts, real, dtype, quantization);
}

function binary(random: Random, dtype: Stored, compute: (a: number, b: number) => number) {
  const shape = randomShape(random, random.integer(1, 4));
  const a = storedInput(random, shape, dtype);
  const b = storedInput(random, pick(random, [shape, shape.slice(-1)]), dtype);
  const activation = pick(random, clamps);
  const real = arrayOf(shape, (index) =>
    activated(compute(stretched(a.real, index), stretched(b.real, index)), activation),
  );
  return quantisedCase({ options: { activation }, inputs: [a.input, b.input] }, real, dtype);
}

function unary(random: Random, dtype: Stored, compute: (x: number) => number) {
  const x = storedInput(random, randomShape(random, random.integer(1, 4)), dtype);
  return quantisedCase({ options: {}, inputs: [x.input] }, mapped(x.real, compute), dtype);
}

function image(random: Random, dtype: Stored): StoredInput {
  const [height = 1, width = 1, channels = 1] = randomShape(random, 3, 6);
  return storedInput(random, [1, height, width, channels], dtype);
}

/** A pool over whole or part of an image; a stored result has its input's scale, as TFLite wants. */
function pool(random: Random, dtype: Stored, combine: (values: readonly number[]) => number) {
  const x = image(random, dtype);
  const [, height = 1, width = 1, channels = 1] = x.real.shape;
  const along = (size: number): Along => {
    const kernel = random.integer(1, Math.min(size, 3));
    return { size, kernel, dilation: 1, stride: random.integer(1, 2) };
  };
  const [rows, columns] = [along(height), along(width)];
  const padding = pick(random, ['SAME', 'VALID'] as const);
  const [vertical, horizontal] = [windows(rows, padding), windows(columns, padding)];
  const shape = [1, vertical.count, horizontal.count, channels];
  const real = arrayOf(shape, ([, i = 0, j = 0, c = 0]) => {
    const values: number[] = [];
    for (let u = 0; u < rows.kernel; u++) {
      for (let v = 0; v < columns.kernel; v++) {
        const row = vertical.first + i * rows.stride + u;
        const column = horizontal.first + j * columns.stride + v;
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        if (inside) values.push(at(x.real, 0, row, column, c));
      }
    }
    return combine(values);
  });
  const options = {
    padding,
    strideHeight: rows.stride,
    strideWidth: columns.stride,
    filterHeight: rows.kernel,
    filterWidth: columns.kernel,
    activation: 'NONE',
  } as const;
  return quantisedCase({ options, inputs: [x.input] }, real, dtype, x.input.quantization);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

type Make<Name extends OperatorName> = (random: Random, dtype: Stored) => OperatorCase<Name>;

/** The quantised operators of segmentation models, and how many steps they may be apart. */
const cases: { readonly [Name in OperatorName]?: readonly [steps: number, make: Make<Name>] } = {
  CONV_2D: [1, (random, dtype) => convolution(random, dtype, false)],
  DEPTHWISE_CONV_2D: [1, (random, dtype) => convolution(random, dtype, true)],
  // Sums are not rounded until something asks for their 8-bit numbers.
  ADD: [1, (random, dtype) => binary(random, dtype, (a, b) => a + b)],
  SUB: [1, (random, dtype) => binary(random, dtype, (a, b) => a - b)],
  MUL: [1, (random, dtype) => binary(random, dtype, (a, b) => a * b)],
  MAXIMUM: [
    1,
    (random, dtype) => {
      const shape = randomShape(random, random.integer(1, 4));
      const [a, b] = [storedInput(random, shape, dtype), storedInput(random, shape, dtype)];
      const real = arrayOf(shape, (index) => Math.max(at(a.real, ...index), at(b.real, ...index)));
      return quantisedCase({ options: {}, inputs: [a.input, b.input] }, real, dtype);
    },
  ],
  AVERAGE_POOL_2D: [1, (random, dtype) => pool(random, dtype, meanOf)],
  MAX_POOL_2D: [1, (random, dtype) => pool(random, dtype, (values) => Math.max(...values))],
  MEAN: [
    1,
    (random, dtype) => {
      const x = image(random, dtype);
      const [, height = 1, width = 1, channels = 1] = x.real.shape;
      const keepDims = pick(random, [true, false]);
      const real = arrayOf(keepDims ? [1, 1, 1, channels] : [1, channels], (index) => {
        const values = Array.from({ length: height * width }, (_, pixel) =>
          at(x.real, 0, Math.floor(pixel / width), pixel % width, index.at(-1) ?? 0),
        );
        return meanOf(values);
      });
      const inputs = [x.input, integers(1, 2)];
      return quantisedCase({ options: { keepDims }, inputs }, real, dtype);
    },
  ],
  CONCATENATION: [
    1,
    (random, dtype) => {
      const [height = 1, width = 1] = randomShape(random, 2);
      const parts = Array.from({ length: random.integer(1, 3) }, () =>
        storedInput(random, [1, height, width, random.integer(1, 3)], dtype),
      );
      const real = {
        shape: [1, height, width, parts.reduce((sum, part) => sum + (part.real.shape[3] ?? 0), 0)],
        numbers: Array.from({ length: height * width }, (_, pixel) =>
          parts.flatMap(({ real: { shape, numbers } }) => {
            const channels = shape[3] ?? 1;
            return numbers.slice(pixel * channels, (pixel + 1) * channels);
          }),
        ).flat(),
      };
      const inputs = parts.map(({ input }) => input);
      return quantisedCase({ options: { axis: -1, activation: 'NONE' }, inputs }, real, dtype);
    },
  ],
  PAD: [
    0.01,
    (random, dtype) => {
      const x = image(random, dtype);
      const real = arrayOf(
        x.real.shape.map((size, axis) => (axis === 1 || axis === 2 ? size + 3 : size)),
        ([n = 0, i = 0, j = 0, c = 0]) => at(x.real, n, i - 1, j - 2, c),
      );
      const paddings = integers(0, 0, 1, 2, 2, 1, 0, 0);
      const tensor = { ...paddings.tensor, shape: [4, 2] };
      const inputs = [x.input, { ...paddings, tensor }];
      return quantisedCase({ options: {}, inputs }, real, dtype, x.input.quantization);
    },
  ],
  RELU: [1, (random, dtype) => unary(random, dtype, (x) => Math.max(x, 0))],
  RELU6: [1, (random, dtype) => unary(random, dtype, (x) => Math.min(Math.max(x, 0), 6))],
  HARD_SWISH: [
    1,
    (random, dtype) => unary(random, dtype, (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6),
  ],
  LOGISTIC: [
    1,
    (random, dtype) => {
      const x = storedInput(random, randomShape(random, 4), dtype);
      const real = mapped(x.real, (value) => 1 / (1 + Math.exp(-value)));
      const [least] = storedRange[dtype];
      const quantization = { scale: [1 / 256], zeroPoint: [least], axis: 0 };
      return quantisedCase({ options: {}, inputs: [x.input] }, real, dtype, quantization);
    },
  ],
  FULLY_CONNECTED: [
    1,
    (random, dtype) => {
      const [rows = 1, inner = 1, units = 1] = randomShape(random, 3);
      const x = storedInput(random, [rows, inner], dtype);
      const w = storedWeights(random, [units, inner], dtype, undefined);
      const bias = storedBias(random, units, x, w);
      const real = arrayOf([rows, units], ([i = 0, j = 0]) => {
        let sum = bias.real.numbers[j] ?? 0;
        for (let k = 0; k < inner; k++) sum += at(x.real, i, k) * at(w.real, j, k);
        return sum;
      });
      const options = {
        activation: 'NONE',
        weightsFormat: 'DEFAULT',
        keepNumDims: false,
        asymmetricQuantizeInputs: false,
      } as const;
      return quantisedCase({ options, inputs: [x.input, w.input, bias.input] }, real, dtype);
    },
  ],
  RESIZE_BILINEAR: [
    1,
    (random, dtype) => {
      const x = image(random, dtype);
      const [, height = 1, width = 1, channels = 1] = x.real.shape;
      const real = arrayOf(
        [1, 2 * height - 1, 2 * width - 1, channels],
        ([, i = 0, j = 0, c = 0]) => {
          const [row, column] = [i / 2, j / 2];
          const corners = [Math.floor(row), Math.ceil(row)].flatMap((y) =>
            [Math.floor(column), Math.ceil(column)].map((z) => at(x.real, 0, y, z, c)),
          );
          return meanOf(corners);
        },
      );
      const inputs = [x.input, integers(2 * height - 1, 2 * width - 1)];
      const options = { alignCorners: true, halfPixelCenters: false };
      return quantisedCase({ options, inputs }, real, dtype, x.input.quantization);
    },
  ],
};

const names = Object.keys(cases) as readonly OperatorName[];

function makeCase<Name extends OperatorName>(name: Name, random: Random, dtype: Stored) {
  const known: readonly [number, Make<Name>] | undefined = cases[name];
  if (known === undefined) throw new TypeError(name);
  const [steps, make] = known;
  return { steps, tried: make(random, dtype) };
}

describe.each(['uint8', 'int8'] as const)('a %s operator is within a step of TFLite', (dtype) => {
  it.each(names)('%s', async (name) => {
    const random = seededRandom(names.indexOf(name));
    for (let round = 0; round < 6; round++) {
      const { steps, tried } = makeCase(name, random, dtype);
      for (const arithmetic of ['integer', 'real'] as const) {
        const apart = await stepsApart(name, tried, arithmetic);
        const shapes = tried.inputs.map((input) => `[${input?.tensor.shape}]`).join(' ');
        const title = `${arithmetic}, round ${round}: ${shapes} ${JSON.stringify(tried.options)}`;
        // Just over a step, as the last bit of a float32 scale may differ.
        expect(apart, title).toBeLessThan(1.01 * steps);
      }
    }
  });
});
