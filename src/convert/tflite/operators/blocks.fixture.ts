import type { Random } from '../../../core/random.js';
import type { OperatorName } from '../../../formats/tflite/index.js';
import { randomShape } from '../../../graph/random-call.fixture.js';
import { constant, fed, integers, type OperatorCases } from '../one-operator.fixture.js';
import { arrayOf, asTensor, at, randomArray } from '../plain-array.fixture.js';

/** Space and batch of TensorFlow: block position (u, v) of pixel (i, j) is a batch of its own. */
function blocks(random: Random) {
  const [batch = 1, channels = 1, height = 1, width = 1] = randomShape(random, 4, 3);
  const [rateY = 1, rateX = 1] = randomShape(random, 2, 3);
  return { batch, channels, height, width, rateY, rateX };
}

/** Reference loops of the operators that deal pixels out into batches or channels. */
export const blockCases = {
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
