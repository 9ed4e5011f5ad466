import type { Random } from '../../../core/random.js';
import type { Shape } from '../../../core/tensor.js';
import type { OperatorName, Padding } from '../../../formats/tflite/index.js';
import { chance, pick, randomShape } from '../../../graph/random-call.fixture.js';
import { constant, fed, integers, type OperatorCases } from '../one-operator.fixture.js';
import { arrayOf, asTensor, at, type PlainArray, randomArray } from '../plain-array.fixture.js';
import { activatedArray, activations } from './fused-activation.fixture.js';

/** How a window moves along one axis. */
export interface Along {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

function extent({ kernel, dilation }: Along): number {
  return (kernel - 1) * dilation + 1;
}

/** Output size, and the position of the first window's first element. */
export function windows(along: Along, padding: Padding): { count: number; first: number } {
  const { size, stride } = along;
  if (padding === 'VALID')
    return { count: Math.floor((size - extent(along)) / stride) + 1, first: 0 };
  const count = Math.ceil(size / stride);
  const total = Math.max((count - 1) * stride + extent(along) - size, 0);
  return { count, first: -Math.floor(total / 2) };
}

/** Both axes of a random window that fits the image. */
export function randomWindows(random: Random): readonly [Along, Along] {
  const dilated = chance(random, 0.4);
  const along = (): Along => {
    const kernel = random.integer(1, 4);
    const dilation = dilated ? random.integer(1, 3) : 1;
    const size = (kernel - 1) * dilation + 1 + random.integer(0, 5);
    return { size, kernel, dilation, stride: dilated ? 1 : random.integer(1, 3) };
  };
  return [along(), along()];
}

/**
 * Sum over a window and the channels of one group: y[n, i, j, o] = sum of x[n, i s + u d - p, …, c]
 * w(o, u, v, c), written as TFLite's reference kernels do.
 */
export function convolved(
  x: PlainArray,
  [rows, columns]: readonly [Along, Along],
  padding: Padding,
  filters: number,
  channelsOf: (filter: number) => readonly number[],
  weight: (filter: number, u: number, v: number, position: number) => number,
): PlainArray {
  const vertical = windows(rows, padding);
  const horizontal = windows(columns, padding);
  const shape = [x.shape[0] ?? 1, vertical.count, horizontal.count, filters];
  return arrayOf(shape, ([n = 0, i = 0, j = 0, o = 0]) => {
    let sum = 0;
    for (let u = 0; u < rows.kernel; u++) {
      for (let v = 0; v < columns.kernel; v++) {
        const row = vertical.first + i * rows.stride + u * rows.dilation;
        const column = horizontal.first + j * columns.stride + v * columns.dilation;
        channelsOf(o).forEach((channel, position) => {
          sum += at(x, n, row, column, channel) * weight(o, u, v, position);
        });
      }
    }
    return sum;
  });
}

function withBias({ shape, numbers }: PlainArray, bias: PlainArray | undefined): PlainArray {
  const last = shape.at(-1) ?? 1;
  return { shape, numbers: numbers.map((value, at) => value + (bias?.numbers[at % last] ?? 0)) };
}

function optionalBias(random: Random, size: number): PlainArray | undefined {
  return chance(random, 0.7) ? randomArray(random, [size]) : undefined;
}

function windowOptions(random: Random, [rows, columns]: readonly [Along, Along]) {
  return {
    padding: pick(random, ['SAME', 'VALID'] as const),
    strideHeight: rows.stride,
    strideWidth: columns.stride,
    dilationHeight: rows.dilation,
    dilationWidth: columns.dilation,
    activation: pick(random, activations),
  };
}

/** Reference loops of the convolutions and the fully connected layer. */
export const convolutionCases = {
  CONV_2D: (random) => {
    const window = randomWindows(random);
    const [rows, columns] = window;
    const options = windowOptions(random, window);
    const group = pick(random, [1, 1, 1, 2]);
    const [perGroup = 1, filtersPerGroup = 1] = randomShape(random, 2, 3);
    const filters = group * filtersPerGroup;
    const x = randomArray(random, [
      random.integer(1, 2),
      rows.size,
      columns.size,
      group * perGroup,
    ]);
    const w = randomArray(random, [filters, rows.kernel, columns.kernel, perGroup]);
    const bias = optionalBias(random, filters);
    const sums = convolved(
      x,
      window,
      options.padding,
      filters,
      (o) => {
        const first = Math.floor(o / filtersPerGroup) * perGroup;
        return Array.from({ length: perGroup }, (_, position) => first + position);
      },
      (o, u, v, position) => at(w, o, u, v, position),
    );
    return {
      options,
      inputs: [fed(x), constant(w), bias && constant(bias)],
      outputs: [asTensor(activatedArray(withBias(sums, bias), options.activation))],
    };
  },
  DEPTHWISE_CONV_2D: (random) => {
    const window = randomWindows(random);
    const [rows, columns] = window;
    const options = windowOptions(random, window);
    const [channels = 1, multiplier = 1] = randomShape(random, 2, 3);
    const filters = channels * multiplier;
    const x = randomArray(random, [random.integer(1, 2), rows.size, columns.size, channels]);
    const w = randomArray(random, [1, rows.kernel, columns.kernel, filters]);
    const bias = optionalBias(random, filters);
    const sums = convolved(
      x,
      window,
      options.padding,
      filters,
      (o) => [Math.floor(o / multiplier)],
      (o, u, v) => at(w, 0, u, v, o),
    );
    return {
      // The multiplier is redundant, and some converters leave it 0.
      options: { ...options, depthMultiplier: pick(random, [multiplier, 0]) },
      inputs: [fed(x), constant(w), bias && constant(bias)],
      outputs: [asTensor(activatedArray(withBias(sums, bias), options.activation))],
    };
  },
  TRANSPOSE_CONV: (random) => {
    const [channels = 1, filters = 1] = randomShape(random, 2, 3);
    const padding = pick(random, ['SAME', 'VALID'] as const);
    const along = () => {
      const kernel = random.integer(1, 4);
      const stride = random.integer(1, 3);
      const size = random.integer(1, 4);
      // Any size that the forward convolution would bring to `size`.
      const least = padding === 'SAME' ? (size - 1) * stride + 1 : (size - 1) * stride + kernel;
      const out = least + random.integer(0, stride - 1);
      const total = padding === 'SAME' ? Math.max((size - 1) * stride + kernel - out, 0) : 0;
      return { kernel, stride, size, out, before: Math.floor(total / 2) };
    };
    const [rows, columns] = [along(), along()];
    const x = randomArray(random, [random.integer(1, 2), rows.size, columns.size, channels]);
    const w = randomArray(random, [filters, rows.kernel, columns.kernel, channels]);
    const bias = optionalBias(random, filters);
    const shape = [x.shape[0] ?? 1, rows.out, columns.out, filters];
    const sums = arrayOf(shape, ([n = 0, i = 0, j = 0, o = 0]) => {
      let sum = 0;
      for (let u = 0; u < rows.kernel; u++) {
        for (let v = 0; v < columns.kernel; v++) {
          const row = (i + rows.before - u) / rows.stride;
          const column = (j + columns.before - v) / columns.stride;
          if (!Number.isInteger(row) || !Number.isInteger(column)) continue;
          for (let c = 0; c < channels; c++) sum += at(x, n, row, column, c) * at(w, o, u, v, c);
        }
      }
      return sum;
    });
    const activation = pick(random, activations);
    return {
      options: {
        padding,
        strideHeight: rows.stride,
        strideWidth: columns.stride,
        activation,
      },
      inputs: [integers(...shape), constant(w), fed(x), bias && constant(bias)],
      outputs: [asTensor(activatedArray(withBias(sums, bias), activation))],
    };
  },
  FULLY_CONNECTED: (random) => {
    const [rows = 1, inner = 1, units = 1] = randomShape(random, 3);
    const keepNumDims = chance(random, 0.5);
    const lead: Shape = keepNumDims ? [random.integer(1, 2), rows] : [rows];
    const x = randomArray(random, [...lead, inner]);
    const w = randomArray(random, [units, inner]);
    const bias = optionalBias(random, units);
    const products = arrayOf([...lead, units], (index) => {
      const unit = index.at(-1) ?? 0;
      const row = index.slice(0, -1);
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += at(x, ...row, k) * at(w, unit, k);
      return sum;
    });
    const activation = pick(random, activations);
    return {
      options: {
        activation,
        weightsFormat: 'DEFAULT',
        keepNumDims,
        asymmetricQuantizeInputs: false,
      },
      inputs: [fed(x), constant(w), bias && constant(bias)],
      outputs: [asTensor(activatedArray(withBias(products, bias), activation))],
    };
  },
  BATCH_MATMUL: (random) => {
    const [rows = 1, inner = 1, columns = 1] = randomShape(random, 3);
    const batch = randomShape(random, random.integer(0, 2), 3);
    const adjointX = chance(random, 0.5);
    const adjointY = chance(random, 0.5);
    const a = randomArray(random, [...batch, ...(adjointX ? [inner, rows] : [rows, inner])]);
    const b = randomArray(random, [...batch, ...(adjointY ? [columns, inner] : [inner, columns])]);
    const product = arrayOf([...batch, rows, columns], (index) => {
      const [i = 0, j = 0] = index.slice(-2);
      const own = index.slice(0, -2);
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const left = adjointX ? at(a, ...own, k, i) : at(a, ...own, i, k);
        const right = adjointY ? at(b, ...own, j, k) : at(b, ...own, k, j);
        sum += left * right;
      }
      return sum;
    });
    return {
      options: { adjointX, adjointY, asymmetricQuantizeInputs: false },
      inputs: [fed(a), fed(b)],
      outputs: [asTensor(product)],
    };
  },
} as const satisfies Partial<OperatorCases<OperatorName>>;
