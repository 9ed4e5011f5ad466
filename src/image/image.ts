import { OptionError } from '../core/errors.js';

/** A picture: 3 bytes a pixel (red, green, blue, sRGB), rows from the top, no padding. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** One class index per pixel, rows from the top; 16 bits where there are more than 256 classes. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array;
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An axis-aligned rectangle in pixels; `x`, `y` is its top left pixel. */
export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

/**
 * Wraps bytes as a picture without copying them; without bytes, the picture is black.
 *
 * @throws OptionError where a side is not a positive whole number or the bytes do not fill it.
 */
export function rgbImage(
  width: number,
  height: number,
  data?: Uint8Array | Uint8ClampedArray,
): RgbImage {
  checkSize('image', width, height);
  const bytes = data ?? new Uint8Array(width * height * 3);
  checkLength('image', width, height, 3, bytes.length);
  return { width, height, data: bytes };
}

/**
 * Wraps class indices as a label map without copying them; without indices, all are class 0.
 *
 * @throws OptionError where a side is not a positive whole number or the indices do not fill it.
 */
export function labelMap(width: number, height: number, data?: Uint8Array | Uint16Array): LabelMap {
  checkSize('label map', width, height);
  const indices = data ?? new Uint8Array(width * height);
  checkLength('label map', width, height, 1, indices.length);
  return { width, height, data: indices };
}

/** @throws OptionError where a side is not a whole number from 1 on. */
export function checkSize(place: string, width: number, height: number): void {
  if (Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1) return;
  throw new OptionError({
    place,
    problem: 'width and height must be whole numbers from 1 on',
    found: `${width}x${height}`,
  });
}

function checkLength(
  place: string,
  width: number,
  height: number,
  perPixel: number,
  found: number,
): void {
  const expected = width * height * perPixel;
  if (found === expected) return;
  throw new OptionError({
    place: `${place} ${width}x${height}`,
    problem: 'the array does not fill the picture',
    expected: `${expected} elements, ${perPixel} a pixel`,
    found: `${found}`,
  });
}
