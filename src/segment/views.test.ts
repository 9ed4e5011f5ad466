import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { type RgbImage, resizeImage, rgbImage } from '../image/index.js';
import {
  brightnessIndices,
  brightnessOnnx,
  brightnessTflite,
  greyPicture,
} from './brightness-model.fixture.js';
import { Segmenter } from './node/segmenter.js';
import { mirrorPixels } from './views.js';

const here = { worker: false, threads: 1 } as const;

/** A picture with detail at every scale. */
function blotches(width: number, height: number, seed = 12): RgbImage {
  const random = seededRandom(seed);
  const data = Uint8Array.from({ length: 6 * 5 * 3 }, () => random.integer(0, 255));
  return resizeImage(rgbImage(6, 5, data), width, height);
}

function mirrored(image: RgbImage): RgbImage {
  return { ...image, data: mirrorPixels(Uint8Array.from(image.data), image, image) };
}

function mirroredLabels(labels: ArrayLike<number>, width: number): number[] {
  return Array.from(labels, (_, i) => labels[i - (i % width) + width - 1 - (i % width)] ?? -1);
}

describe('several views of a picture', () => {
  const segmenters = new Map<string, Segmenter>();
  const at = (name: string): Segmenter => {
    const segmenter = segmenters.get(name);
    if (segmenter === undefined) throw new Error(`no segmenter ${name}`);
    return segmenter;
  };
  beforeAll(async () => {
    const files = {
      open: brightnessOnnx({ classes: 4 }),
      fixed: brightnessTflite({ classes: 4, width: 33, height: 33 }),
      indices: brightnessIndices(),
    };
    for (const [name, file] of Object.entries(files)) {
      const size = name === 'fixed' ? {} : { size: { width: 65, height: 49 } };
      segmenters.set(name, await Segmenter.load(file, { ...here, ...size }));
    }
  });
  afterAll(() => Promise.all([...segmenters.values()].map((segmenter) => segmenter.dispose())));

  it('with flip, treat a picture and its mirror image alike', async () => {
    for (const [name, width, height] of [
      ['open', 90, 40],
      ['open', 30, 60],
      ['fixed', 57, 41],
    ] as const) {
      const image = blotches(width, height);
      const [own, other] = await Promise.all([
        at(name).segment(image, { flip: true, probabilities: true }),
        at(name).segment(mirrored(image), { flip: true, probabilities: true }),
      ]);
      const differing = mirroredLabels(other.labelMap, width).filter(
        (l, i) => l !== own.labelMap[i],
      );
      // Filters add up their weights in another order from the other side.
      expect(differing.length).toBeLessThanOrEqual(own.labelMap.length / 500);
      expect(new Set(own.labelMap).size).toBeGreaterThan(1);
    }
  });

  it('average the probabilities of scales and flips', async () => {
    const segmenter = at('open');
    const image = blotches(70, 45);
    const sizes = [
      { width: 33, height: 25 },
      { width: 65, height: 49 },
      { width: 97, height: 73 },
    ];
    const expected = new Float64Array(4 * 70 * 45);
    for (const size of sizes) {
      for (const picture of [image, mirrored(image)]) {
        const { probabilities = [] } = await segmenter.segment(picture, {
          size,
          probabilities: true,
        });
        const planes = picture === image ? probabilities : mirroredLabels(probabilities, 70);
        expected.forEach((sum, i) => {
          expected[i] = sum + (planes[i] ?? 0) / 6;
        });
      }
    }
    const options = { scales: [0.5, 1, 1.5], flip: true, probabilities: true };
    const { probabilities = [], labelMap } = await segmenter.segment(image, options);
    // Half a grey value, by which mirrored resizing may round otherwise, weighs this much here.
    expected.forEach((value, i) => {
      expect(Math.abs((probabilities[i] ?? 0) - value)).toBeLessThan(0.02);
    });
    const again = await segmenter.segment(image, { scales: [0.5, 1, 1.5], flip: true });
    expect(again.labelMap).toEqual(labelMap);
  });

  it('at one scale other than 1 are that input size', async () => {
    const image = blotches(50, 50);
    const scaled = await at('open').segment(image, { scales: [2] });
    const sized = await at('open').segment(image, { size: { width: 129, height: 97 } });
    expect(scaled.labelMap).toEqual(sized.labelMap);
  });

  it('are refused by files of a fixed size, files of class indices, and for scales that are none', async () => {
    const image = greyPicture(20, 20, () => 0);
    const refusal = (name: string, options: object) =>
      at(name)
        .segment(image, options)
        .then(
          () => 'nothing',
          (error: Error) => error.message,
        );
    expect(await refusal('fixed', { scales: [1, 1.5] })).toBe(
      'model: scale 1.5 cannot be had, as the file fixes its input size (expected scale 1 only, found an input of 33x33); use a model whose input size is open',
    );
    expect(await refusal('fixed', { scales: [1] })).toBe('nothing');
    expect(await refusal('indices', { flip: true })).toContain('class indices only');
    expect(await refusal('indices', { scales: [2] })).toBe('nothing');
    for (const scales of [[], [0], [-1], [9], [Number.NaN]]) {
      expect(await refusal('open', { scales })).toContain('scales: not scales of the input');
    }
  });

  it('cut a large picture into tiles at its own scale', async () => {
    // Stripes of one pixel, which shrinking would blur to grey.
    const stripes = greyPicture(150, 120, (x) => (x % 2 === 0 ? 0 : 255));
    const segmenter = at('open');
    const shrunk = await segmenter.segment(stripes);
    const tiled = await segmenter.segment(stripes, { tile: true, probabilities: true });
    expect(new Set(shrunk.labelMap)).not.toEqual(new Set([0, 3]));
    expect(Array.from(tiled.labelMap)).toEqual(
      Array.from({ length: 150 * 120 }, (_, i) => ((i % 150) % 2 === 0 ? 0 : 3)),
    );
    tiled.labelMap.forEach((label, pixel) => {
      const own = [0, 1, 2, 3].map((k) => tiled.probabilities?.[k * 18_000 + pixel] ?? 0);
      expect(own.indexOf(Math.max(...own))).toBe(label);
    });
    const indices = await at('indices').segment(stripes, { tile: { overlap: 8 } });
    expect(new Set(indices.labelMap)).toEqual(new Set([0, 255]));
  });

  it('leave pictures no larger than the input whole, and refuse tiles that are stretched', async () => {
    const image = blotches(60, 40);
    const segmenter = at('open');
    const tiled = await segmenter.segment(image, { tile: true });
    expect(tiled.labelMap).toEqual((await segmenter.segment(image)).labelMap);
    expect(() => segmenter.check({ tile: true, fit: 'stretch' })).toThrow('stretching');
    expect(() => segmenter.check({ tile: { overlap: 40 } })).toThrow('tile overlap');
  });
});
