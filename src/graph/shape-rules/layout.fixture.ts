import type { DType } from '../../core/dtype.js';
import { elementCount, float32, int64, tensor } from '../../core/tensor.js';
import type { OperatorName } from '../operators.js';
import {
  broadcastable,
  type CallCases,
  chance,
  fed,
  known,
  pick,
  randomAxes,
  randomAxis,
  randomShape,
  shuffled,
  weight,
} from '../random-call.fixture.js';

const usual: readonly DType[] = ['float32', 'int64', 'uint8', 'int32'];

/** Cases of the operators that move elements about. */
export const layoutCases = {
  Concat: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    const axis = randomAxis(random, shape.length);
    const dtype = pick(random, usual);
    const parts = Array.from({ length: random.integer(1, 3) }, () =>
      weight(random, dtype, shape.with(axis, random.integer(1, 3))),
    );
    return { inputs: parts, attributes: { axis } };
  },
  Split: (random) => {
    const rank = random.integer(1, 4);
    const axis = randomAxis(random, rank);
    const sizes = randomShape(random, random.integer(1, 3), 3);
    const even = chance(random, 0.5);
    const [first = 1] = sizes;
    const whole = even ? first * sizes.length : sizes.reduce((sum, size) => sum + size, 0);
    const shape = randomShape(random, rank).with(axis, whole);
    return {
      inputs: [fed(random, pick(random, usual), shape), even ? undefined : known(...sizes)],
      attributes: { axis },
      outputs: sizes.length,
    };
  },
  Slice: (random) => {
    const shape = randomShape(random, random.integer(1, 4), 6);
    const axes = randomAxes(random, shape.length);
    const positions = () => axes.map(() => random.integer(-8, 8));
    const steps = axes.map(() => pick(random, [1, 1, 2, 3, -1, -2]));
    const all = chance(random, 0.2);
    return {
      inputs: all
        ? [fed(random, 'float32', shape), known(0), known(2 ** 31 - 1)]
        : [
            fed(random, pick(random, usual), shape),
            known(...positions()),
            known(...positions()),
            known(...axes),
            chance(random, 0.7) ? known(...steps) : undefined,
          ],
    };
  },
  Pad: (random) => {
    const shape = randomShape(random, random.integer(1, 4)).map((size) => size + 2);
    const mode = pick(random, ['constant', 'constant', 'reflect', 'edge']);
    const pads = [...shape, ...shape].map(() => random.integer(mode === 'constant' ? -1 : 0, 2));
    const fill = mode === 'constant' && chance(random, 0.5);
    return {
      inputs: [
        fed(random, 'float32', shape),
        known(...pads),
        fill ? weight(random, 'float32', []) : undefined,
      ],
      attributes: { mode },
    };
  },
  Reshape: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    const target = [...shuffled(random, shape)];
    if (chance(random, 0.5)) target.splice(random.integer(0, target.length), 0, 1);
    if (chance(random, 0.5)) target[random.integer(0, target.length - 1)] = -1;
    const kept = chance(random, 0.3) ? [0, -1] : target;
    return { inputs: [weight(random, pick(random, usual), shape), known(...kept)] };
  },
  Transpose: (random) => {
    const rank = random.integer(0, 5);
    return {
      inputs: [weight(random, pick(random, usual), randomShape(random, rank))],
      attributes: { perm: shuffled(random, [...new Array(rank).keys()]) },
    };
  },
  Squeeze: (random) => {
    const rank = random.integer(1, 4);
    const axes = randomAxes(random, rank);
    const shape = axes.reduce<readonly number[]>(
      (sizes, axis) => sizes.with(axis, 1),
      randomShape(random, rank),
    );
    const told = chance(random, 0.7) ? known(...axes) : undefined;
    return { inputs: [weight(random, pick(random, usual), shape), told] };
  },
  Unsqueeze: (random) => {
    const shape = randomShape(random, random.integer(0, 3));
    const added = random.integer(1, 2);
    const axes = randomAxes(random, shape.length + added, added).slice(0, added);
    return { inputs: [weight(random, pick(random, usual), shape), known(...axes)] };
  },
  Flatten: (random) => {
    const rank = random.integer(1, 4);
    return {
      inputs: [weight(random, 'float32', randomShape(random, rank))],
      attributes: { axis: random.integer(-rank, rank) },
    };
  },
  Expand: (random) => {
    const [from = [], to = []] = broadcastable(random, 2);
    return { inputs: [weight(random, pick(random, usual), from), known(...to)] };
  },
  Tile: (random) => {
    const shape = randomShape(random, random.integer(1, 4), 3);
    return {
      inputs: [
        fed(random, pick(random, usual), shape),
        known(...shape.map(() => random.integer(1, 3))),
      ],
    };
  },
  Gather: (random) => {
    const shape = randomShape(random, random.integer(1, 3));
    const axis = randomAxis(random, shape.length);
    const size = shape.at(axis) ?? 1;
    const indices = randomShape(random, random.integer(0, 2));
    const numbers = Array.from({ length: elementCount(indices) }, () =>
      random.integer(-size, size - 1),
    );
    const narrow = tensor('int32', indices, Int32Array.from(numbers));
    return {
      inputs: [
        weight(random, pick(random, usual), shape),
        // Known, so that the rule can tell which are out of range.
        { role: 'known', tensor: chance(random, 0.5) ? int64(numbers, indices) : narrow },
      ],
      attributes: { axis },
    };
  },
  Shape: (random) => ({
    inputs: [fed(random, pick(random, usual), randomShape(random, random.integer(0, 4)))],
  }),
  DepthToSpace: (random) => {
    const [batch = 1, depth = 1, height = 1, width = 1] = randomShape(random, 4, 3);
    const blocksize = random.integer(1, 3);
    const shape = [batch, depth * blocksize ** 2, height, width];
    return {
      inputs: [fed(random, 'float32', shape)],
      attributes: { blocksize, mode: pick(random, ['DCR', 'CRD']) },
    };
  },
  SpaceToDepth: (random) => {
    const [batch = 1, depth = 1, height = 1, width = 1] = randomShape(random, 4, 3);
    const blocksize = random.integer(1, 3);
    const shape = [batch, depth, height * blocksize, width * blocksize];
    return { inputs: [fed(random, 'float32', shape)], attributes: { blocksize } };
  },
  Resize: (random) => {
    const shape = randomShape(random, 4, 5);
    const [batch = 1, channels = 1, height = 1, width = 1] = shape;
    const attributes = {
      mode: pick(random, ['nearest', 'linear', 'cubic']),
      coordinate_transformation_mode: pick(random, [
        'half_pixel',
        'pytorch_half_pixel',
        'align_corners',
        'asymmetric',
      ]),
      nearest_mode: pick(random, ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']),
    };
    const x = fed(random, 'float32', shape);
    if (chance(random, 0.5)) {
      const sizes = known(batch, channels, random.integer(1, 9), random.integer(1, 9));
      return { inputs: [x, undefined, undefined, sizes], attributes };
    }
    const scale = (size: number) => (random.integer(1, 9) + 0.5) / size;
    const scales = float32([4], [1, 1, scale(height), scale(width)]);
    return { inputs: [x, undefined, { role: 'known', tensor: scales }], attributes };
  },
} as const satisfies Partial<CallCases<OperatorName>>;
