import { describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import { fitImage, fittedSize } from './fit.js';
import { rgbImage } from './image.js';
import { resizeImage } from './resize.js';

const random = seededRandom(1);
const noise = (width: number, height: number) =>
  rgbImage(
    width,
    height,
    Uint8Array.from({ length: width * height * 3 }, () => random.integer(0, 255)),
  );

describe('the size of a picture inside the input', () => {
  const square = { width: 257, height: 257 };
  it.each([
    ['wide', { width: 500, height: 375 }, square, { width: 257, height: 193 }],
    ['tall', { width: 375, height: 500 }, square, { width: 193, height: 257 }],
    ['small, scaled up', { width: 20, height: 10 }, square, { width: 257, height: 129 }],
    ['one pixel', { width: 1, height: 1 }, square, { width: 257, height: 257 }],
    ['a strip', { width: 5000, height: 1 }, square, { width: 257, height: 1 }],
    [
      'wide, in an input that is wider still',
      { width: 400, height: 300 },
      { width: 2049, height: 1025 },
      { width: 1367, height: 1025 },
    ],
  ])('fits one side exactly: %s', (_, picture, input, expected) => {
    expect(fittedSize(picture, input)).toEqual(expected);
  });

  it('is the input itself when stretched', () => {
    const size = fittedSize({ width: 500, height: 375 }, { ...square, fit: 'stretch' });
    expect(size).toEqual(square);
  });
});

describe('fitting a picture to the input', () => {
  it('puts the scaled picture in the top left corner and grey around it', () => {
    const picture = noise(50, 20);
    const { data, valid } = fitImage(picture, { width: 33, height: 33 });
    expect(valid).toEqual({ width: 33, height: 13 });
    const corner = data.subarray(0, 33 * 13 * 3);
    expect(corner).toEqual(resizeImage(picture, 33, 13).data);
    expect(data.subarray(33 * 13 * 3).every((sample) => sample === 128)).toBe(true);
  });

  it('keeps the padding exact in floats and the picture equal to the bytes', () => {
    const picture = noise(20, 50);
    const options = { width: 33, height: 33 };
    const bytes = fitImage(picture, options).data;
    const { data, valid } = fitImage(picture, options, new Float32Array(33 * 33 * 3).fill(-1));
    for (let y = 0; y < 33; y++) {
      for (let x = 0; x < 33; x++) {
        const inside = x < valid.width && y < valid.height;
        for (let c = 0; c < 3; c++) {
          const at = (y * 33 + x) * 3 + c;
          expect(data[at]).toBe(inside ? bytes[at] : 127.5);
        }
      }
    }
  });

  it('pads with the given colour', () => {
    const { data } = fitImage(
      rgbImage(4, 1),
      { width: 4, height: 2, padValue: [123.15, 115.9, 103.06] },
      new Float32Array(24),
    );
    expect(data.subarray(12, 15)).toEqual(Float32Array.of(123.15, 115.9, 103.06));
    expect(data.subarray(21, 24)).toEqual(Float32Array.of(123.15, 115.9, 103.06));
  });

  it('fills the whole input when stretching', () => {
    const picture = noise(50, 20);
    const fitted = fitImage(picture, { width: 9, height: 9, fit: 'stretch' });
    expect(fitted.valid).toEqual({ width: 9, height: 9 });
    expect(fitted.data).toEqual(resizeImage(picture, 9, 9).data);
  });

  it('refuses a destination of another length, an impossible size or padding', () => {
    const picture = rgbImage(2, 2);
    const size = { width: 3, height: 3 };
    expect(() => fitImage(picture, size, new Float32Array(26))).toThrow(/expected 27 elements/);
    expect(() => fitImage(picture, { width: 0, height: 3 })).toThrow(OptionError);
    expect(() => fitImage(picture, { ...size, padValue: 256 })).toThrow(OptionError);
    expect(() => fitImage(picture, { ...size, padValue: Number.NaN })).toThrow(OptionError);
  });
});
