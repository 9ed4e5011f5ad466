import { describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import { type Random, seededRandom } from '../core/random.js';
import { labelMap, rgbImage } from './image.js';
import {
  type ChannelImage,
  resizeChannels,
  resizeImage,
  resizeInto,
  resizeLabels,
} from './resize.js';

function randomImage(random: Random, width: number, height: number, channels = 3): ChannelImage {
  const data = Uint8Array.from({ length: width * height * channels }, () => random.integer(0, 255));
  return { width, height, channels, data };
}

/** The definition, in float64: every output pixel a weighted mean over the whole input. */
function reference(source: ChannelImage, width: number, height: number): Float64Array {
  const { channels, data } = source;
  const across = weightMatrix(source.width, width);
  const down = weightMatrix(source.height, height);
  const result = new Float64Array(width * height * channels);
  down.forEach((rowWeights, y) => {
    const mixed = new Float64Array(source.width * channels);
    rowWeights.forEach((weight, row) => {
      if (weight === 0) return;
      for (let j = 0; j < mixed.length; j++) {
        mixed[j] = (mixed[j] ?? 0) + weight * (data[row * mixed.length + j] ?? 0);
      }
    });
    across.forEach((columnWeights, x) => {
      columnWeights.forEach((weight, column) => {
        for (let c = 0; c < channels; c++) {
          const at = (y * width + x) * channels + c;
          result[at] = (result[at] ?? 0) + weight * (mixed[column * channels + c] ?? 0);
        }
      });
    });
  });
  return result;
}

function weightMatrix(inputLength: number, outputLength: number): number[][] {
  const step = inputLength / outputLength;
  return Array.from({ length: outputLength }, (_, i) => {
    const weights = Array.from({ length: inputLength }, (_, x) =>
      Math.max(0, 1 - Math.abs(x + 0.5 - (i + 0.5) * step) / Math.max(step, 1)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

/** Largest difference to the reference before rounding; 0.5 would be perfect rounding. */
function largestError(source: ChannelImage, width: number, height: number): number {
  const expected = reference(source, width, height);
  const found = resizeChannels(source, width, height);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? 0))), 0);
}

describe('resizing pictures', () => {
  it('agrees with the definition for random sizes, growing, shrinking and both', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 60; round++) {
      const channels = random.integer(1, 4);
      const source = randomImage(random, random.integer(1, 70), random.integer(1, 70), channels);
      const [width, height] = [random.integer(1, 60), random.integer(1, 60)];
      const sizes = `${source.width}x${source.height}x${channels} to ${width}x${height}`;
      expect(largestError(source, width, height), sizes).toBeLessThan(0.501);
    }
  });

  it.each([
    [200, 150, 100, 75],
    [403, 303, 11, 9],
    [97, 600, 24, 3],
    [1, 1, 7, 5],
    [1, 5000, 3, 17],
    [5000, 1, 17, 3],
    [5000, 1, 257, 1],
    [2, 3000, 2, 1],
  ])('agrees with the definition from %ix%i to %ix%i', (fromWidth, fromHeight, width, height) => {
    const source = randomImage(seededRandom(2), fromWidth, fromHeight);
    expect(largestError(source, width, height)).toBeLessThan(0.501);
  });

  it('keeps a constant picture constant, black and white included', () => {
    const random = seededRandom(3);
    for (const value of [0, 1, 128, 254, 255]) {
      for (let round = 0; round < 8; round++) {
        const [width, height] = [random.integer(1, 90), random.integer(1, 90)];
        const source = rgbImage(width, height, new Uint8Array(width * height * 3).fill(value));
        const resized = resizeImage(source, random.integer(1, 90), random.integer(1, 90));
        expect(resized.data.every((sample) => sample === value)).toBe(true);
      }
    }
  });

  it('leaves a picture of the same size as it is', () => {
    const source = randomImage(seededRandom(4), 33, 21);
    expect(resizeChannels(source, 33, 21)).toEqual(source.data);
  });

  it('reads pictures that lie inside a larger buffer, at any byte', () => {
    const source = randomImage(seededRandom(5), 40, 30);
    const inside = new Uint8Array(source.data.length + 9);
    inside.set(source.data, 5);
    const shifted = { ...source, data: inside.subarray(5, 5 + source.data.length) };
    expect(resizeChannels(shifted, 7, 6)).toEqual(resizeChannels(source, 7, 6));
  });

  it('writes only its corner of a larger target', () => {
    const source = randomImage(seededRandom(6), 40, 30);
    const target = new Uint8Array(10 * 3 * 8).fill(99);
    resizeInto(source, 8, 6, target, 10 * 3);
    const expected = resizeChannels(source, 8, 6);
    for (let y = 0; y < 8; y++) {
      const row = target.subarray(y * 30, (y + 1) * 30);
      const written = y < 6 ? expected.subarray(y * 24, (y + 1) * 24) : new Uint8Array(0);
      expect(row.subarray(0, written.length)).toEqual(written);
      expect(row.subarray(written.length).every((sample) => sample === 99)).toBe(true);
    }
  });

  it('shrinks a strip of a million pixels to a tall picture without delay', () => {
    const strip = rgbImage(1_000_000, 1);
    const start = performance.now();
    resizeImage(strip, 257, 2049);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('refuses impossible sizes and targets that are too small', () => {
    const source = rgbImage(4, 4);
    expect(() => resizeImage(source, 0, 4)).toThrow(OptionError);
    expect(() => resizeImage(source, 4, 2.5)).toThrow(OptionError);
    const whole = { ...source, channels: 3 };
    expect(() => resizeInto(whole, 2, 2, new Uint8Array(11), 6)).toThrow(/room for 2x2x3/);
  });
});

describe('resizing label maps', () => {
  it('takes label floor((i + 0.5) * ratio), never a mixture', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 30; round++) {
      const [w, h] = [random.integer(1, 40), random.integer(1, 40)];
      const [width, height] = [random.integer(1, 50), random.integer(1, 50)];
      const data = Uint8Array.from({ length: w * h }, () => random.integer(0, 20));
      const resized = resizeLabels(labelMap(w, h, data), width, height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = [Math.floor(((x + 0.5) * w) / width), Math.floor(((y + 0.5) * h) / height)];
          const expected = data[(from[1] ?? 0) * w + (from[0] ?? 0)];
          expect(resized.data[y * width + x]).toBe(expected);
        }
      }
    }
  });

  it('keeps 16-bit labels', () => {
    const source = labelMap(2, 1, Uint16Array.of(300, 65535));
    expect(resizeLabels(source, 4, 1).data).toEqual(Uint16Array.of(300, 300, 65535, 65535));
  });
});
