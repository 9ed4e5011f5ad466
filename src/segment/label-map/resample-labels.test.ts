import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { axisSamples } from './coordinates.js';
import { resampleLabels } from './resample-labels.js';

describe('resampleLabels', () => {
  it('takes the label of the pixel that holds each centre', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 200; round++) {
      const width = random.integer(1, 12);
      const height = random.integer(1, 12);
      const data = Uint8Array.from({ length: width * height }, () => random.integer(0, 255));
      const outWidth = random.integer(1, 30);
      const outHeight = random.integer(1, 30);
      const x = axisSamples(outWidth, [{ convention: 'half-pixel', from: outWidth, to: width }]);
      const y = axisSamples(outHeight, [{ convention: 'half-pixel', from: outHeight, to: height }]);
      const result = resampleLabels({ width, height, data }, x, y);
      for (let row = 0; row < outHeight; row++) {
        for (let column = 0; column < outWidth; column++) {
          // Doubled centres in whole numbers: no rounding in the expectation.
          const sourceColumn = Math.floor(((2 * column + 1) * width) / (2 * outWidth));
          const sourceRow = Math.floor(((2 * row + 1) * height) / (2 * outHeight));
          expect(result.data[row * outWidth + column]).toBe(data[sourceRow * width + sourceColumn]);
        }
      }
    }
  });

  it('reads 64-bit labels and keeps the ignore label', () => {
    const labels = { width: 2, height: 1, data: BigInt64Array.of(3n, 255n) };
    const x = axisSamples(4, [{ convention: 'half-pixel', from: 4, to: 2 }]);
    const result = resampleLabels(labels, x, axisSamples(1, []));
    expect(result).toEqual({ width: 4, height: 1, data: Uint8Array.of(3, 3, 255, 255) });
  });

  it('widens labels above 255', () => {
    const labels = { width: 1, height: 2, data: Int32Array.of(4, 256) };
    const result = resampleLabels(labels, axisSamples(1, []), axisSamples(2, []));
    expect(result.data).toEqual(Uint16Array.of(4, 256));
  });

  it('names the label that is no class index', () => {
    const one = axisSamples(1, []);
    const two = axisSamples(2, []);
    const negative = { width: 2, height: 1, data: Int32Array.of(4, -1) };
    expect(() => resampleLabels(negative, two, one)).toThrow(/row 0, column 1.*found -1/);
    const broken = { width: 1, height: 2, data: Float32Array.of(1, 0.5) };
    expect(() => resampleLabels(broken, one, two)).toThrow(/row 1, column 0.*found 0.5/);
    const huge = { width: 1, height: 1, data: BigInt64Array.of(65536n) };
    expect(() => resampleLabels(huge, one, one)).toThrow(/0 to 65535.*found 65536/);
    const short = { width: 3, height: 2, data: new Uint8Array(5) };
    expect(() => resampleLabels(short, one, one)).toThrow(/3x2.*expected 6 elements, found 5/);
    const wide = axisSamples(2 ** 17, [{ convention: 'half-pixel', from: 2 ** 17, to: 1 }]);
    const single = { width: 1, height: 1, data: new Uint8Array(1) };
    expect(() => resampleLabels(single, wide, wide)).toThrow(/too large for one array/);
  });
});
