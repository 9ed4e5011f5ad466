import { OptionError } from '../core/errors.js';
import type { Size } from '../image/index.js';
import type { ModelFile } from './model-file.js';

/** Several looks at one picture, whose probabilities are averaged. */
export interface ViewOptions {
  /**
   * Scales of the input, such as 0.5, 0.75, 1, 1.25; only 1 unless told. Scale s fits the picture
   * to an input of (W - 1) · s + 1 by (H - 1) · s + 1 pixels.
   */
  readonly scales?: readonly number[];
  /** Also look at the mirrored picture, at every scale. */
  readonly flip?: boolean;
}

const largestScale = 8;

/**
 * The input sizes of the scales: (side - 1) · scale + 1, rounded down, which keeps the grid of an
 * align-corners network on the same pixels.
 *
 * @throws OptionError for a scale that is none, and for one that the file's fixed size forbids.
 */
export function scaledSizes(
  file: ModelFile,
  size: Size,
  scales: readonly number[] = [1],
): readonly Size[] {
  if (scales.length === 0) throw badScale('none');
  return scales.map((scale) => {
    if (!(scale > 0 && scale <= largestScale)) throw badScale(`${scale}`);
    if (scale === 1) return size;
    const scaled = {
      width: Math.floor((size.width - 1) * scale + 1),
      height: Math.floor((size.height - 1) * scale + 1),
    };
    const { fixedSize } = file;
    if (fixedSize === undefined) return scaled;
    throw new OptionError({
      place: file.name,
      problem: `scale ${scale} cannot be had, as the file fixes its input size`,
      expected: 'scale 1 only',
      found: `an input of ${fixedSize.width}x${fixedSize.height}`,
      fix: 'use a model whose input size is open',
    });
  });
}

/** The picture in the top left of an input, left and right exchanged; the padding stays. */
export function mirrorPixels<T extends Uint8Array | Float32Array>(
  pixels: T,
  size: Size,
  valid: Size,
): T {
  const mirrored = pixels.slice() as T;
  for (let y = 0; y < valid.height; y++) {
    const begin = y * size.width * 3;
    for (let x = 0; x < valid.width; x++) {
      const from = begin + (valid.width - 1 - x) * 3;
      const to = begin + x * 3;
      mirrored[to] = pixels[from] as number;
      mirrored[to + 1] = pixels[from + 1] as number;
      mirrored[to + 2] = pixels[from + 2] as number;
    }
  }
  return mirrored;
}

function badScale(found: string): OptionError {
  return new OptionError({
    place: 'scales',
    problem: 'not scales of the input',
    expected: `numbers above 0 and up to ${largestScale}`,
    found,
  });
}
