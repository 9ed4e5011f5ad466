import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { AtrousError, DeviceError, FormatError, messageOf, OptionError } from '../core/errors.js';
import { pngHeader } from '../image/node/png.fixture.js';
import {
  brightnessIndices,
  brightnessOnnx,
  brightnessTflite,
  greyPicture,
} from './brightness-model.fixture.js';
import { type LoadOptions, Segmenter } from './node/segmenter.js';

async function withSegmenter<T>(
  bytes: Uint8Array,
  options: LoadOptions,
  work: (segmenter: Segmenter) => Promise<T>,
): Promise<T> {
  const segmenter = await Segmenter.load(bytes, { worker: false, threads: 1, ...options });
  try {
    return await work(segmenter);
  } finally {
    await segmenter.dispose();
  }
}

const four = brightnessTflite({ classes: 4, width: 33, height: 33 });
const open = brightnessOnnx({ classes: 4 });

/** Black, dark, light and white quarters from the left. */
const quarters = (width: number, height: number) =>
  greyPicture(width, height, (x) => 85 * Math.floor((4 * x) / width));

function countOf(labels: ArrayLike<number>): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const label of Array.from(labels)) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

async function rejectionOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it was not refused');
}

describe('a segmenter', () => {
  it('labels every pixel of a picture at its own size', () =>
    withSegmenter(four, {}, async (segmenter) => {
      const answer = await segmenter.segment(quarters(132, 66));
      expect([answer.width, answer.height]).toEqual([132, 66]);
      expect(answer.labelMap).toHaveLength(132 * 66);
      // The transition between quarters may fall a few pixels off, the middle of each is sure.
      for (const [quarter, column] of [16, 49, 82, 115].entries()) {
        for (const row of [0, 33, 65]) {
          expect(answer.labelMap[row * 132 + column]).toBe(quarter);
        }
      }
      expect(answer.labels).toEqual(['0', '1', '2', '3']);
      const shares = answer.classes.map(({ share }) => share);
      expect(shares).toHaveLength(4);
      expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1);
      const white = answer.classes.find(({ index }) => index === 3);
      expect(white?.box).toMatchObject({ y: 0, height: 66 });
      expect(Math.abs((white?.box.x ?? 0) - 99)).toBeLessThanOrEqual(3);
      expect(answer.mask().data).toEqual(answer.labelMap);
      expect(answer.overlay().data).toHaveLength(132 * 66 * 3);
    }));

  it('gives probabilities on request, which the label map follows', () =>
    withSegmenter(four, {}, async (segmenter) => {
      const picture = quarters(64, 40);
      expect((await segmenter.segment(picture)).probabilities).toBeUndefined();
      const answer = await segmenter.segment(picture, { probabilities: true });
      const { probabilities = new Float32Array(0), labelMap } = answer;
      expect(probabilities).toHaveLength(4 * 64 * 40);
      labelMap.forEach((label, pixel) => {
        const own = [0, 1, 2, 3].map((k) => probabilities[k * 64 * 40 + pixel] ?? Number.NaN);
        expect(own.reduce((sum, each) => sum + each)).toBeCloseTo(1, 5);
        expect(own[label]).toBe(Math.max(...own));
      });
    }));

  it('takes class indices where a network gives no scores', () =>
    withSegmenter(brightnessIndices(), { size: { width: 30, height: 20 } }, async (segmenter) => {
      const picture = greyPicture(30, 20, (x, y) => 7 * x + y);
      const answer = await segmenter.segment(picture);
      expect([...answer.labelMap]).toEqual([...picture.data].filter((_, at) => at % 3 === 0));
      expect(segmenter.classes.source).toBe('numbers');
      const error = await rejectionOf(segmenter.segment(picture, { probabilities: true }));
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toContain('the model gives class indices only');
    }));

  it('pads unless told to stretch, so that shapes keep their aspect', () =>
    withSegmenter(open, { size: { width: 4, height: 4 } }, async (segmenter) => {
      const wide = greyPicture(96, 24, (_, y) => (y < 18 ? 0 : 255));
      // Scaled to 4x1, each column is a quarter white; stretched to 4x4, the last row is white.
      expect(countOf((await segmenter.segment(wide)).labelMap)).toEqual({ 1: 96 * 24 });
      const stretched = countOf((await segmenter.segment(wide, { fit: 'stretch' })).labelMap);
      expect(stretched[0]).toBeGreaterThan(96 * 12);
      expect(stretched[3]).toBeGreaterThanOrEqual(96 * 3);
    }));

  it('normalises as the file and its sidecar say, and names its classes', () =>
    withSegmenter(open, { labels: ['background', 'b', 'c', 'd'] }, async (segmenter) => {
      expect(segmenter.classes).toMatchObject({ source: 'option', background: 0 });
      expect(segmenter.inputSize).toEqual({ width: 513, height: 513 });
      const { labelMap, labels, classes } = await segmenter.segment(
        greyPicture(3, 3, () => 170),
        { size: { width: 9, height: 9 } },
      );
      expect([...labelMap]).toEqual(new Array(9).fill(2));
      expect(labels).toEqual(['background', 'b', 'c', 'd']);
      expect(classes).toEqual([
        { index: 2, label: 'c', pixels: 9, share: 1, box: { x: 0, y: 0, width: 3, height: 3 } },
      ]);
    }));

  it('refuses a device that is not there', async () => {
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml';
    const error = await rejectionOf(
      withSegmenter(four, { device: absent }, (segmenter) => segmenter.segment(quarters(8, 8))),
    );
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.message).toContain(`device ${absent}`);
  });
});

describe('pictures of unusual shape', () => {
  it.each([
    [1, 1],
    [1, 5000],
    [5000, 1],
    [2, 3000],
  ])('of %ix%i pixels get a label map of that size', (width, height) =>
    withSegmenter(four, {}, async (segmenter) => {
      const along = Math.max(width, height);
      const picture = greyPicture(width, height, (x, y) => (2 * Math.max(x, y) < along ? 0 : 255));
      const bytes = await sharp(picture.data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      const { labelMap } = await segmenter.segment(bytes, { probabilities: true });
      expect(labelMap).toHaveLength(width * height);
      expect(labelMap[0]).toBe(0);
      expect(labelMap.at(-1)).toBe(along === 1 ? 0 : 3);
      if (along > 1) {
        const counts = countOf(labelMap);
        // The edge is blurred over at most two of the 33 samples along the picture.
        const blur = (width * height * 2) / 33;
        expect(Math.abs((counts[0] ?? 0) - (width * height) / 2)).toBeLessThanOrEqual(blur);
        expect(Math.abs((counts[3] ?? 0) - (width * height) / 2)).toBeLessThanOrEqual(blur);
      }
    }),
  );
});

describe('what is no picture', () => {
  const photo = () =>
    sharp({ create: { width: 300, height: 200, channels: 3, background: 'teal' } }).jpeg();

  it.each([
    ['an empty file', async () => new Uint8Array(0), 'the file is empty'],
    ['text', async () => Buffer.from('a text, renamed .jpg'), 'not a picture that can be read'],
    [
      'a truncated JPEG',
      async () => {
        const whole = await photo().toBuffer();
        return whole.subarray(0, whole.length >> 1);
      },
      'damaged or cut off JPEG file',
    ],
    ['a PNG header of 30000x30000', async () => pngHeader(30000, 30000), 'too many pixels'],
  ])('is refused in one line: %s', async (_, bytes, problem) => {
    await withSegmenter(four, { name: 'photo 7' }, async (segmenter) => {
      await segmenter.warmUp();
      const start = performance.now();
      const before = process.memoryUsage().rss;
      const error = await rejectionOf(segmenter.segment(await bytes()));
      expect(error).toBeInstanceOf(FormatError);
      expect(error.message).toMatch(/^photo 7: [^\n]+$/);
      expect(error.message).toContain(problem);
      expect(performance.now() - start).toBeLessThan(5000);
      expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
      // The next picture is not harmed.
      expect((await segmenter.segment(quarters(8, 8))).width).toBe(8);
    });
  });

  it.each([
    ['too few bytes', { width: 10, height: 10, data: new Uint8Array(299) }],
    ['no pixels', { width: 0, height: 10, data: new Uint8Array(0) }],
    ['half a pixel', { width: 1.5, height: 2, data: new Uint8Array(9) }],
  ])('is refused in one line: an array of %s', (_, picture) =>
    withSegmenter(four, {}, async (segmenter) => {
      expect(await rejectionOf(segmenter.segment(picture))).toBeInstanceOf(OptionError);
    }),
  );
});

describe('the input size', () => {
  it('of a fixed model cannot be changed', () =>
    withSegmenter(four, {}, async (segmenter) => {
      const size = { width: 65, height: 65 };
      const error = await rejectionOf(segmenter.segment(quarters(8, 8), { size }));
      expect(error).toBeInstanceOf(OptionError);
      expect(error.message).toContain('fixed input size (expected 33x33, found 65x65)');
    }));

  it.each([
    [0, 10],
    [-3, 10],
    [10.5, 10],
    [Number.NaN, 10],
    [1e5, 1e5],
    [1e12, 1],
  ])('%f x %f is refused', (width, height) =>
    withSegmenter(open, {}, async (segmenter) => {
      const picture = quarters(8, 8);
      const size = { width, height };
      const error = await rejectionOf(segmenter.segment(picture, { size }));
      expect(error).toBeInstanceOf(OptionError);
      expect((await segmenter.segment(picture, { size: { width: 16, height: 16 } })).width).toBe(8);
      expect(await rejectionOf(Segmenter.load(open, { size }))).toBeInstanceOf(AtrousError);
    }),
  );
});

describe.each([false, true])('overlapping calls (worker: %s)', (worker) => {
  it('each get their own answer, at sizes of their own', () =>
    withSegmenter(open, { worker }, async (segmenter) => {
      const sides = [8, 16, 24, 8, 16, 24, 8, 16, 24, 33];
      const answers = await Promise.all(
        sides.map((side, index) =>
          segmenter.segment(
            greyPicture(side, side, () => 85 * (index % 4)),
            { size: { width: side, height: side } },
          ),
        ),
      );
      for (const [index, { labelMap }] of answers.entries()) {
        expect(countOf(labelMap)).toEqual({ [index % 4]: (sides[index] ?? 0) ** 2 });
      }
    }));

  it('that are under way at dispose end well, and later ones are refused', async () => {
    const segmenter = await Segmenter.load(four, { worker, threads: 1 });
    const png = await sharp(quarters(64, 64).data, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    const answers = Promise.all(
      [png, png, quarters(64, 64)].map((each) => segmenter.segment(each)),
    );
    const disposed = segmenter.dispose();
    const late = rejectionOf(segmenter.segment(png));
    for (const { labelMap } of await answers) expect(labelMap).toHaveLength(64 * 64);
    await disposed;
    for (const error of [await late, await rejectionOf(segmenter.warmUp())]) {
      expect(error).toBeInstanceOf(OptionError);
      expect(messageOf(error)).toBe('segmenter: it has been disposed');
    }
    await segmenter.dispose();
  });
});
