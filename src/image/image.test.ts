import { describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import { labelMap, rgbImage } from './image.js';

describe('pictures and label maps', () => {
  it('wrap the given array without copying it', () => {
    const bytes = new Uint8ClampedArray(2 * 3 * 3);
    expect(rgbImage(2, 3, bytes).data).toBe(bytes);
    const labels = new Uint16Array(6);
    expect(labelMap(2, 3, labels).data).toBe(labels);
  });

  it('are black and class 0 without an array', () => {
    expect(rgbImage(2, 1).data).toEqual(new Uint8Array(6));
    expect(labelMap(2, 1).data).toEqual(new Uint8Array(2));
  });

  it.each([
    [0, 5],
    [5, -1],
    [1.5, 2],
    [Number.NaN, 2],
  ])('refuse a size of %s x %s', (width, height) => {
    expect(() => rgbImage(width, height)).toThrow(OptionError);
    expect(() => labelMap(width, height)).toThrow(OptionError);
  });

  it('refuse an array of another length, saying which length fits', () => {
    expect(() => rgbImage(4, 2, new Uint8Array(32))).toThrow(/expected 24 elements.*found 32/);
    expect(() => labelMap(4, 2, new Uint8Array(24))).toThrow(/expected 8 elements.*found 24/);
  });
});
