import type { Random } from '../../../core/random.js';
import type { OperatorName } from '../../../formats/tflite/index.js';
import { chance, pick, randomAxis, randomShape } from '../../../graph/random-call.fixture.js';
import { constant, fed, integer, integers, type OperatorCases } from '../one-operator.fixture.js';
import { arrayOf, asTensor, at, type PlainArray, randomArray } from '../plain-array.fixture.js';
import { anyArray, positive, renamed } from './layout.fixture.js';

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

/** Reference loops of the operators that take tensors apart and put them together. */
export const slicingCases = {
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
} as const satisfies Partial<OperatorCases<OperatorName>>;
