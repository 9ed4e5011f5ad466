import type { LabelMap, Size } from '../image/index.js';
import { pictureSamples } from './label-map/coordinates.js';
import { labelMap } from './label-map/label-map.js';
import { probabilities } from './label-map/probabilities.js';
import type { ReadResult } from './read-result.js';

/** As `denseCrf` has it. */
const usualMemory = 2 ** 31;

/**
 * The size at which a dense CRF refines a picture: its own, or the largest one of its shape that
 * the memory is likely to suffice for.
 *
 * Photographs take 367 to 587 bytes a pixel with 21 classes; twice that is allowed for, since the
 * lattice grows with the number of different colours.
 */
export function refinedSize(
  { width, height }: Size,
  classes: number,
  memoryLimit: number = usualMemory,
): Size {
  const mostPixels = memoryLimit / (250 + 36 * classes);
  const scale = Math.sqrt(mostPixels / (width * height));
  if (scale >= 1) return { width, height };
  const scaled = (side: number) => Math.max(1, Math.floor(side * scale));
  return { width: scaled(width), height: scaled(height) };
}

/** What was refined at a smaller size, at the picture's own, between pixels bilinearly. */
export function enlarge(
  small: { readonly map: LabelMap; readonly probabilities: Float32Array },
  picture: Size,
  wantsProbabilities: boolean,
): ReadResult {
  const { width, height } = small.map;
  const classes = small.probabilities.length / (width * height);
  const scores = { data: small.probabilities, classes, width, height };
  const samples = (own: number, grid: number) =>
    pictureSamples({ picture: own, valid: grid, input: grid, grid, convention: 'half-pixel' });
  const [x, y] = [samples(picture.width, width), samples(picture.height, height)];
  return {
    map: labelMap(scores, x, y),
    probabilities: wantsProbabilities ? probabilities(scores, x, y, 'probabilities') : undefined,
  };
}
