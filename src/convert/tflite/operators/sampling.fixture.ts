import type { Random } from '../../../core/random.js';
import type { OperatorName } from '../../../formats/tflite/index.js';
import { pick, randomShape } from '../../../graph/random-call.fixture.js';
import { fed, integers, type OperatorCases } from '../one-operator.fixture.js';
import { arrayOf, asTensor, at, randomArray } from '../plain-array.fixture.js';

interface Convention {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** TensorFlow's three conventions. */
const conventions: readonly Convention[] = [
  { alignCorners: false, halfPixelCenters: false },
  { alignCorners: true, halfPixelCenters: false },
  { alignCorners: false, halfPixelCenters: true },
];

function scaleOf(from: number, to: number, { alignCorners }: Convention): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

function images(random: Random) {
  const [batch = 1, channels = 1] = randomShape(random, 2, 3);
  const [height = 1, width = 1, toHeight = 1, toWidth = 1] = randomShape(random, 4, 7);
  const x = randomArray(random, [batch, height, width, channels]);
  const shape = [batch, toHeight, toWidth, channels];
  return { x, shape, inputs: [fed(x), integers(toHeight, toWidth)] };
}

/** Reference loops of resizing, after TFLite's reference kernels. */
export const samplingCases = {
  RESIZE_BILINEAR: (random) => {
    const { x, shape, inputs } = images(random);
    const options = pick(random, conventions);
    const [, height = 1, width = 1] = x.shape;
    const neighbours = (position: number, from: number, to: number) => {
      const scale = scaleOf(from, to, options);
      const real = options.halfPixelCenters ? (position + 0.5) * scale - 0.5 : position * scale;
      const low = Math.max(Math.floor(real), 0);
      return { low, high: Math.min(Math.ceil(real), from - 1), part: real - low };
    };
    const y = arrayOf(shape, ([n = 0, i = 0, j = 0, c = 0]) => {
      const row = neighbours(i, height, shape[1] ?? 1);
      const column = neighbours(j, width, shape[2] ?? 1);
      const along = (line: number) =>
        at(x, n, line, column.low, c) * (1 - column.part) +
        at(x, n, line, Math.max(column.high, 0), c) * column.part;
      return along(row.low) * (1 - row.part) + along(Math.max(row.high, 0)) * row.part;
    });
    return { options, inputs, outputs: [asTensor(y)] };
  },
  RESIZE_NEAREST_NEIGHBOR: (random) => {
    const { x, shape, inputs } = images(random);
    const options = pick(random, conventions);
    const [, height = 1, width = 1] = x.shape;
    const nearest = (position: number, from: number, to: number): number => {
      const offset = options.halfPixelCenters ? 0.5 : 0;
      const real = (position + offset) * scaleOf(from, to, options);
      return Math.min(options.alignCorners ? Math.round(real) : Math.floor(real), from - 1);
    };
    const y = arrayOf(shape, ([n = 0, i = 0, j = 0, c = 0]) =>
      at(x, n, nearest(i, height, shape[1] ?? 1), nearest(j, width, shape[2] ?? 1), c),
    );
    return { options, inputs, outputs: [asTensor(y)] };
  },
} as const satisfies Partial<OperatorCases<OperatorName>>;
