import { describe, expect, it } from 'vitest';
import { OptionError } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import { type LabelMap, labelMap, type RgbImage, rgbImage } from '../../image/index.js';
import { randomStream } from '../random-stream.js';
import { type AugmentOptions, completeAugmentOptions, noAugmentation } from './augment-options.js';
import { createAugmenter } from './augmenter.js';

const ignoreValue = 255;

/** Grey level of each class: the picture says what its label is. */
const levels = [20, 80, 140, 200];

/** Side of the blocks: so large that no scale makes them fall between two samples. */
const blockSide = 16;

/** A picture of blocks of random classes, grey by their class. */
function coded(seed: number, width: number, height: number): { image: RgbImage; label: LabelMap } {
  const random = seededRandom(seed);
  const blocks = Array.from({ length: 100 }, () => random.integer(0, levels.length - 1));
  const label = labelMap(width, height);
  for (let i = 0; i < label.data.length; i++) {
    const column = Math.floor((i % width) / blockSide);
    const row = Math.floor(i / width / blockSide);
    label.data[i] = blocks[row * 10 + column] ?? 0;
  }
  const image = rgbImage(width, height);
  label.data.forEach((value, i) => {
    image.data.fill(levels[value] ?? 0, i * 3, i * 3 + 3);
  });
  return { image, label };
}

interface Augmented {
  readonly image: Float32Array | Uint8Array;
  readonly label: Uint8Array;
}

function augmented(
  options: AugmentOptions,
  sample: { image: RgbImage; label: LabelMap },
  stream: number,
  bytes = false,
): Augmented {
  const { width, height } = options.crop;
  const length = width * height * 3;
  const image = bytes ? new Uint8Array(length) : new Float32Array(length);
  const label = new Uint8Array(width * height);
  const augment = createAugmenter(completeAugmentOptions(options), ignoreValue);
  augment(sample.image, sample.label, randomStream(stream), { image, label });
  return { image, label };
}

const sizes = [
  [64, 48],
  [32, 96],
  [112, 96],
] as const;
const crop = { width: 65, height: 49 };

/** Farthest that two resizes in a row, both growing, carry the blend of an edge. */
const reach = 4;

describe('image and label', () => {
  // Interpolation blends greys at edges only: a pixel whose label's neighbours are all alike shows
  // exactly the grey of its label.
  it.each<[string, Partial<AugmentOptions>]>([
    ['DeepLab defaults', {}],
    ['any scale', { scaleStep: 0 }],
    ['resize to a range', { resize: { min: 60, max: 97, factor: 16 } }],
    ['stretched to a square', { resize: { min: 60, max: 97, keepAspect: false } }],
    ['always mirrored', { flip: 1 }],
    ['saturation and hue, which leave greys', { saturation: 1, hue: 0.5 }],
  ])('stay aligned: %s', (_, options) => {
    let compared = 0;
    for (let round = 0; round < 30; round++) {
      const [width, height] = sizes[round % sizes.length] ?? [50, 50];
      const { image, label } = augmented({ crop, ...options }, coded(round, width, height), round);
      for (let y = reach; y < crop.height - reach; y++) {
        for (let x = reach; x < crop.width - reach; x++) {
          const value = label[y * crop.width + x] ?? 0;
          const grey = image[(y * crop.width + x) * 3] ?? 0;
          if (value === ignoreValue) {
            expect(grey).toBe(127.5);
            continue;
          }
          let alike = true;
          for (let dy = -reach; dy <= reach && alike; dy++) {
            for (let dx = -reach; dx <= reach && alike; dx++) {
              alike = label[(y + dy) * crop.width + x + dx] === value;
            }
          }
          if (!alike) continue;
          if (Math.abs(grey - (levels[value] ?? -1)) > 0.01) expect(grey).toBe(levels[value]);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(5000);
  });

  it('contain all of an unscaled, unmirrored picture that fits', () => {
    const sample = coded(1, 60, 40);
    const { image, label } = augmented({ crop, ...noAugmentation }, sample, 0);
    for (let y = 0; y < crop.height; y++) {
      for (let x = 0; x < crop.width; x++) {
        const outside = x >= 60 || y >= 40;
        const at = y * crop.width + x;
        expect(label[at]).toBe(outside ? ignoreValue : sample.label.data[y * 60 + x]);
        expect(image[at * 3]).toBe(outside ? 127.5 : sample.image.data[(y * 60 + x) * 3]);
      }
    }
  });

  it('in bytes: rounded, with padding 128', () => {
    const options = { crop, maxScale: 1, brightness: 0.3, blur: 1 };
    const sample = coded(4, 40, 30);
    const floats = augmented(options, sample, 7).image;
    const bytes = augmented(options, sample, 7, true).image;
    floats.forEach((value, i) => {
      expect(bytes[i]).toBe(Math.floor(value + 0.5));
    });
    expect(bytes).toContain(128);
  });
});

describe('random numbers', () => {
  const sample = coded(2, 100, 80);

  it('decide everything: the same stream gives the same result', () => {
    const options = { crop, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, blur: 0.5 };
    expect(augmented(options, sample, 5)).toEqual(augmented(options, sample, 5));
    expect(augmented(options, sample, 5)).not.toEqual(augmented(options, sample, 6));
  });

  it('of scale, crop and flip do not change when colours are varied', () => {
    for (let stream = 0; stream < 5; stream++) {
      const plain = augmented({ crop }, sample, stream);
      const varied = augmented({ crop, brightness: 0.5, hue: 0.2, blur: 1 }, sample, stream);
      expect(varied.label).toEqual(plain.label);
      expect(varied.image).not.toEqual(plain.image);
    }
  });

  it('mirror half of the samples', () => {
    const label = labelMap(65, 49);
    label.data.forEach((_, i) => {
      label.data[i] = i % 65 < 32 ? 1 : 2;
    });
    const options = { crop, minScale: 1, maxScale: 1 };
    let mirrored = 0;
    for (let stream = 0; stream < 200; stream++) {
      const result = augmented(options, { image: rgbImage(65, 49), label }, stream).label;
      if (result[0] === 2) mirrored++;
    }
    expect(mirrored).toBeGreaterThan(70);
    expect(mirrored).toBeLessThan(130);
  });

  it('move the crop over the whole picture', () => {
    const label = labelMap(200, 49);
    label.data.forEach((_, i) => {
      label.data[i] = i % 200;
    });
    const options = { crop, minScale: 1, maxScale: 1, flip: 0 };
    const first = Array.from(
      { length: 400 },
      (_, stream) => augmented(options, { image: rgbImage(200, 49), label }, stream).label[0] ?? -1,
    );
    expect(Math.min(...first)).toBeLessThan(3);
    expect(Math.max(...first)).toBeGreaterThan(132);
    expect(Math.max(...first)).toBeLessThanOrEqual(135);
  });
});

describe('options', () => {
  it.each<[Partial<AugmentOptions>, string]>([
    [{ crop: { width: 0, height: 5 } }, 'crop width: '],
    [{ minScale: 0 }, 'minScale: '],
    [{ minScale: 2, maxScale: 1 }, 'minScale: '],
    [{ flip: 1.5 }, 'flip: '],
    [{ hue: 0.6 }, 'hue: '],
    [{ contrast: Number.NaN }, 'contrast: '],
    [{ blurSigma: 50 }, 'blurSigma: '],
    [{ padColour: [0, 300, 0] }, 'padColour: '],
    [{ resize: { min: -1 } }, 'resize min: '],
  ])('%o are refused', (options, place) => {
    const complete = (): unknown => completeAugmentOptions({ crop, ...options });
    expect(complete).toThrow(OptionError);
    expect(complete).toThrow(place);
  });
});
