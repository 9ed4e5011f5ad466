import { OptionError } from '../core/errors.js';
import { checkSize, type RgbImage, type Size } from './image.js';
import { resizeInto } from './resize.js';

/** `pad` keeps the picture's aspect and fills the rest; `stretch` scales both sides to the input's. */
export type Fit = 'pad' | 'stretch';

/** How a picture is brought to a model's input size. */
export interface FitOptions extends Size {
  /** Defaults to `pad`. */
  readonly fit?: Fit;
  /** Padding, 0 to 255: one value, or red, green, blue. Defaults to mid-grey, 127.5. */
  readonly padValue?: number | readonly [number, number, number];
}

/** Arrays that a fitted picture can be written to. */
export type FitDestination = Uint8Array | Float32Array;

/** A picture at the model's input size: rows of RGB pixels, values 0 to 255. */
export interface FittedImage<T extends FitDestination = FitDestination> extends Size {
  readonly data: T;
  /** The part, from the top left pixel on, that shows the picture; the rest is padding. */
  readonly valid: Size;
}

/** Mid-grey, which DeepLab's normalisation x * 2 / 255 - 1 turns into exactly 0. */
export const midGrey = 127.5;

/**
 * Scales a picture to a model's input size, up or down, as DeepLab's demo does: by
 * min(W / w, H / h), so that the longer side fits exactly, then padding on the right and bottom.
 *
 * The picture's samples are whole numbers 0 to 255 in either kind of destination; only the padding
 * differs, since bytes round 127.5 to 128. Rounded sides are at least one pixel.
 *
 * @param destination array of width * height * 3 elements to fill; a new `Uint8Array` if left out.
 * @throws OptionError where a size, the padding or the destination's length is impossible.
 */
export function fitImage(image: RgbImage, options: FitOptions): FittedImage<Uint8Array>;
export function fitImage<T extends FitDestination>(
  image: RgbImage,
  options: FitOptions,
  destination: T,
): FittedImage<T>;
export function fitImage(
  image: RgbImage,
  options: FitOptions,
  destination?: FitDestination,
): FittedImage {
  const { width, height } = options;
  checkSize('model input', width, height);
  const length = width * height * 3;
  const data = destination ?? new Uint8Array(length);
  if (data.length !== length) {
    throw new OptionError({
      place: 'model input',
      problem: 'the destination has the wrong length',
      expected: `${length} elements for ${width}x${height} RGB`,
      found: `${data.length}`,
    });
  }
  const padding = padColour(options.padValue ?? midGrey);
  const valid = fittedSize(image, options);
  const source = { ...image, channels: 3 };
  if (data instanceof Float32Array) {
    const scaled = new Uint8Array(valid.width * valid.height * 3);
    resizeInto(source, valid.width, valid.height, scaled, valid.width * 3);
    for (let y = 0; y < valid.height; y++) {
      const row = scaled.subarray(y * valid.width * 3, (y + 1) * valid.width * 3);
      data.set(row, y * width * 3);
    }
    fillPadding(data, width, height, valid, padding);
  } else {
    resizeInto(source, valid.width, valid.height, data, width * 3);
    fillPadding(data, width, height, valid, padding.map(Math.round));
  }
  return { data, width, height, valid };
}

/** The size that a picture takes inside a model's input. */
export function fittedSize(picture: Size, options: FitOptions): Size {
  if (options.fit === 'stretch') return { width: options.width, height: options.height };
  const scale = Math.min(options.width / picture.width, options.height / picture.height);
  return {
    width: scaledSide(picture.width, scale, options.width),
    height: scaledSide(picture.height, scale, options.height),
  };
}

function scaledSide(side: number, scale: number, limit: number): number {
  return Math.min(limit, Math.max(1, Math.round(side * scale)));
}

function padColour(value: number | readonly [number, number, number]): readonly number[] {
  const colour = typeof value === 'number' ? [value, value, value] : value;
  if (colour.length === 3 && colour.every((sample) => sample >= 0 && sample <= 255)) return colour;
  throw new OptionError({
    place: 'padValue',
    problem: 'not a colour',
    expected: 'one number or three, from 0 to 255',
    found: colour.join(', '),
  });
}

function fillPadding(
  data: FitDestination,
  width: number,
  height: number,
  valid: Size,
  colour: readonly number[],
): void {
  const right = repeatColour(colour, width - valid.width);
  if (right.length > 0) {
    for (let y = 0; y < valid.height; y++) data.set(right, (y * width + valid.width) * 3);
  }
  const bottom = repeatColour(colour, width);
  for (let y = valid.height; y < height; y++) data.set(bottom, y * width * 3);
}

function repeatColour(colour: readonly number[], pixels: number): Float32Array {
  return Float32Array.from({ length: pixels * 3 }, (_, i) => colour[i % 3] ?? 0);
}
