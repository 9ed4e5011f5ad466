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

function anyArray(random: Random, least = 1): PlainArray {
  return randomArray(random, randomShape(random, random.integer(least, 4)));
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function renamed({ numbers }: PlainArray, shape: Shape) {
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

/** Parts of sizes along an axis. */
function parts(x: PlainArray, axis: number, sizes: readonly number[]) {
  let start = 0;
  return sizes.map((size) => {
    const from = start;
    start += size;
    return asTensor(
      arrayOf(x.shape.with(axis, size), (index) =>
        at(x, ...index.with(axis, from + (index[axis] ?? 0))),
      ),
    );
  });
}

/** A strided slice of one axis: what is written in the file, and the positions that it takes. */
function slicedAxis(random: Random, size: number) {
  const step = pick(random, [1, 1, 2, -1, -2]);
  const shrink = chance(random, 0.2);
  if (shrink) {
    const position = random.integer(-size, size - 1);
    return {
      begin: position,
      end: position + 1,
      step: 1,
      shrink,
      open: [false, false],
      taken: [positive(position, size)],
    };
  }
  const open = [chance(random, 0.3), chance(random, 0.3)] as const;
  const begin = random.integer(-size, size - 1);
  const end = random.integer(-size - 1, size + 1);
  const forward = step > 0;
  const clamp = (value: number) =>
    Math.min(Math.max(value, forward ? 0 : -1), forward ? size : size - 1);
  const from = open[0] ? (forward ? 0 : size - 1) : clamp(positive(begin, size));
  const to = open[1] ? (forward ? size : -1) : clamp(end < 0 ? end + size : end);
  const taken: number[] = [];
  for (let at = from; forward ? at < to : at > to; at += step) taken.push(at);
  return { begin, end, step, shrink, open, taken };
}

function mask(flags: readonly boolean[]): number {
  return flags.reduce((bits, flag, axis) => bits | (flag ? 1 << axis : 0), 0);
}

/** Space and batch of TensorFlow: block position (u, v) of pixel (i, j) is a batch of its own. */
function blocks(random: Random) {
  const [batch = 1, channels = 1, height = 1, width = 1] = randomShape(random, 4, 3);
  const [rateY = 1, rateX = 1] = randomShape(random, 2, 3);
  return { batch, channels, height, width, rateY, rateX };
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
  SLICE: (random) => {
    const x = anyArray(random);
    const begins = x.shape.map((size) => random.integer(0, size - 1));
    const sizes = x.shape.map((size, axis) => random.integer(1, size - (begins[axis] ?? 0)));
    const rest = chance(random, 0.3);
    const shape = rest ? x.shape.map((size, axis) => size - (begins[axis] ?? 0)) : sizes;
    const y = arrayOf(shape, (index) =>
      at(x, ...index.map((position, axis) => position + (begins[axis] ?? 0))),
    );
    const told = rest ? sizes.map(() => -1) : sizes;
    return {
      options: {},
      inputs: [fed(x), integers(...begins), integers(...told)],
      outputs: [asTensor(y)],
    };
  },
  STRIDED_SLICE: (random) => {
    const x = anyArray(random);
    // TFLite files have no empty results, so axes that would have none are taken whole.
    const axes = x.shape.map((size) => {
      const sliced = slicedAxis(random, size);
      const whole = {
        begin: 0,
        end: 0,
        step: 1,
        shrink: false,
        open: [true, true],
        taken: [...new Array(size).keys()],
      };
      return sliced.taken.length > 0 ? sliced : whole;
    });
    const full = arrayOf(
      axes.map(({ taken }) => taken.length),
      (index) => at(x, ...index.map((position, axis) => axes[axis]?.taken[position] ?? 0)),
    );
    const shape = full.shape.filter((_, axis) => axes[axis]?.shrink !== true);
    return {
      options: {
        beginMask: mask(axes.map(({ open }) => open[0] === true)),
        endMask: mask(axes.map(({ open }) => open[1] === true)),
        ellipsisMask: 0,
        newAxisMask: 0,
        shrinkAxisMask: mask(axes.map(({ shrink }) => shrink)),
        offset: false,
      },
      inputs: [
        fed(x),
        integers(...axes.map(({ begin }) => begin)),
        integers(...axes.map(({ end }) => end)),
        integers(...axes.map(({ step }) => step)),
      ],
      outputs: renamed(full, shape),
    };
  },
  SPLIT: (random) => {
    const splits = random.integer(1, 3);
    const given = anyArray(random).shape;
    const axis = randomAxis(random, given.length);
    const own = positive(axis, given.length);
    const size = random.integer(1, 3);
    const x = randomArray(random, given.with(own, size * splits));
    const outputs = parts(x, own, new Array<number>(splits).fill(size));
    return { options: { splits }, inputs: [integer(axis), fed(x)], outputs };
  },
  SPLIT_V: (random) => {
    const sizes = randomShape(random, random.integer(1, 3), 3);
    const given = anyArray(random).shape;
    const axis = randomAxis(random, given.length);
    const own = positive(axis, given.length);
    const whole = sizes.reduce((sum, size) => sum + size, 0);
    const x = randomArray(random, given.with(own, whole));
    // One size may be left to be worked out.
    const told = chance(random, 0.3) ? sizes.with(0, -1) : sizes;
    return {
      options: { splits: sizes.length },
      inputs: [fed(x), integers(...told), integer(axis)],
      outputs: parts(x, own, sizes),
    };
  },
  PACK: (random) => {
    const shape = randomShape(random, random.integer(0, 3));
    const values = random.integer(1, 3);
    const arrays = Array.from({ length: values }, () => randomArray(random, shape));
    const axis = randomAxis(random, shape.length + 1);
    const own = positive(axis, shape.length + 1);
    const y = arrayOf(shape.toSpliced(own, 0, values), (index) => {
      const array = arrays[index[own] ?? 0];
      return array === undefined ? Number.NaN : at(array, ...index.toSpliced(own, 1));
    });
    const inputs = arrays.map((array) => fed(array));
    return { options: { values, axis }, inputs, outputs: [asTensor(y)] };
  },
  UNPACK: (random) => {
    const x = anyArray(random);
    const axis = randomAxis(random, x.shape.length);
    const own = positive(axis, x.shape.length);
    const values = x.shape[own] ?? 1;
    const outputs = Array.from({ length: values }, (_, part) =>
      asTensor(
        arrayOf(x.shape.toSpliced(own, 1), (index) => at(x, ...index.toSpliced(own, 0, part))),
      ),
    );
    return { options: { values, axis }, inputs: [fed(x)], outputs };
  },
  GATHER: (random) => {
    const x = anyArray(random);
    const axis = randomAxis(random, x.shape.length);
    const own = positive(axis, x.shape.length);
    const indices = arrayOf(randomShape(random, random.integer(0, 2)), () =>
      random.integer(0, (x.shape[own] ?? 1) - 1),
    );
    const rank = indices.shape.length;
    const y = arrayOf(x.shape.toSpliced(own, 1, ...indices.shape), (index) => {
      const chosen = at(indices, ...index.slice(own, own + rank));
      return at(x, ...index.toSpliced(own, rank, chosen));
    });
    const given = chance(random, 0.5) ? fed(indices, 'int32') : constant(indices, 'int32');
    return { options: { axis, batchDims: 0 }, inputs: [fed(x), given], outputs: [asTensor(y)] };
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
  SPACE_TO_BATCH_ND: (random) => {
    const { batch, channels, height, width, rateY, rateX } = blocks(random);
    const pads = randomShape(random, 4, 3).map((size) => size - 1);
    const [top = 0, , left = 0] = pads;
    const outside = (side: number, rate: number, first: number, last: number) => {
      const size = Math.max(side * rate - (pads[first] ?? 0) - (pads[last] ?? 0), 1);
      return { size, padded: size + (pads[first] ?? 0) + (pads[last] ?? 0) };
    };
    const rows = outside(height, rateY, 0, 1);
    const columns = outside(width, rateX, 2, 3);
    // Padding at the far end fills up whole blocks.
    const fill = (padded: number, rate: number) => (rate - (padded % rate)) % rate;
    const [, bottom = 0, , right = 0] = pads;
    const paddings = [
      top,
      bottom + fill(rows.padded, rateY),
      left,
      right + fill(columns.padded, rateX),
    ];
    const x = randomArray(random, [batch, rows.size, columns.size, channels]);
    const shape = [
      batch * rateY * rateX,
      Math.ceil(rows.padded / rateY),
      Math.ceil(columns.padded / rateX),
      channels,
    ];
    const y = arrayOf(shape, ([n = 0, i = 0, j = 0, c = 0]) => {
      const block = Math.floor(n / batch);
      const row = i * rateY + Math.floor(block / rateX) - top;
      const column = j * rateX + (block % rateX) - left;
      return at(x, n % batch, row, column, c);
    });
    return {
      options: {},
      inputs: [
        fed(x),
        integers(rateY, rateX),
        constant({ shape: [2, 2], numbers: paddings }, 'int32'),
      ],
      outputs: [asTensor(y)],
    };
  },
  BATCH_TO_SPACE_ND: (random) => {
    const { batch, channels, height, width, rateY, rateX } = blocks(random);
    const x = randomArray(random, [batch * rateY * rateX, height, width, channels]);
    const crop = (side: number) => {
      const before = random.integer(0, side - 1);
      return [before, random.integer(0, side - 1 - before)] as const;
    };
    const [top, bottom] = crop(height * rateY);
    const [left, right] = crop(width * rateX);
    const shape = [batch, height * rateY - top - bottom, width * rateX - left - right, channels];
    const y = arrayOf(shape, ([n = 0, i = 0, j = 0, c = 0]) => {
      const block = ((i + top) % rateY) * rateX + ((j + left) % rateX);
      const row = Math.floor((i + top) / rateY);
      return at(x, block * batch + n, row, Math.floor((j + left) / rateX), c);
    });
    return {
      options: {},
      inputs: [
        fed(x),
        integers(rateY, rateX),
        constant({ shape: [2, 2], numbers: [top, bottom, left, right] }, 'int32'),
      ],
      outputs: [asTensor(y)],
    };
  },
  SPACE_TO_DEPTH: (random) => {
    const { batch, channels, height, width, rateY: blockSize } = blocks(random);
    const x = randomArray(random, [batch, height * blockSize, width * blockSize, channels]);
    const y = arrayOf(
      [batch, height, width, channels * blockSize ** 2],
      ([n = 0, i = 0, j = 0, d = 0]) => {
        const block = Math.floor(d / channels);
        const row = i * blockSize + Math.floor(block / blockSize);
        return at(x, n, row, j * blockSize + (block % blockSize), d % channels);
      },
    );
    return { options: { blockSize }, inputs: [fed(x)], outputs: [asTensor(y)] };
  },
  DEPTH_TO_SPACE: (random) => {
    const { batch, channels, height, width, rateY: blockSize } = blocks(random);
    const x = randomArray(random, [batch, height, width, channels * blockSize ** 2]);
    const y = arrayOf(
      [batch, height * blockSize, width * blockSize, channels],
      ([n = 0, i = 0, j = 0, c = 0]) => {
        const block = (i % blockSize) * blockSize + (j % blockSize);
        return at(x, n, Math.floor(i / blockSize), Math.floor(j / blockSize), block * channels + c);
      },
    );
    return { options: { blockSize }, inputs: [fed(x)], outputs: [asTensor(y)] };
  },
} as const satisfies Partial<OperatorCases<OperatorName>>;
