import type { Size } from '../../image/index.js';
import type { CompleteAugmentOptions, ResizeRange } from './augment-options.js';

/**
 * The size that DeepLab's `resize_to_range` gives a picture: the shorter side `min`, or, where the
 * longer one would then exceed `max`, the longer side `max`; with a factor, `max` shrinks and then
 * both sides grow to multiples of it plus one. In 32-bit floats and rounded down, as the original.
 */
export function sizeInRange(size: Size, range: ResizeRange): Size {
  const { min, max, factor, keepAspect = true } = range;
  const shorter = Math.min(size.width, size.height);
  const longer = Math.max(size.width, size.height);
  let scaled = scaledBy(size, Math.fround(min / shorter));
  if (max !== undefined) {
    const limit = factor === undefined ? max : max - ((max - 1) % factor);
    if (Math.max(scaled.width, scaled.height) > limit) {
      scaled = scaledBy(size, Math.fround(limit / longer));
    }
  }
  if (factor !== undefined) {
    const grown = (side: number): number => side + ((factor - ((side - 1) % factor)) % factor);
    scaled = { width: grown(scaled.width), height: grown(scaled.height) };
  }
  if (keepAspect) return scaled;
  const side = Math.max(scaled.width, scaled.height);
  return { width: side, height: side };
}

/** Sides times a factor in 32-bit floats, rounded down, at least one pixel. */
export function scaledBy(size: Size, factor: number): Size {
  const scaled = (side: number): number =>
    Math.max(1, Math.floor(Math.fround(side * Math.fround(factor))));
  return { width: scaled(size.width), height: scaled(size.height) };
}

/**
 * The scale at a random number in [0, 1), as DeepLab's `get_random_scale`: one of
 * floor((max - min) / step + 1) scales spread evenly from min to max; any scale for step 0.
 */
export function randomScale(options: CompleteAugmentOptions, uniform: number): number {
  const { minScale, maxScale, scaleStep } = options;
  if (minScale === maxScale) return minScale;
  if (scaleStep === 0) return minScale + uniform * (maxScale - minScale);
  const count = Math.floor((maxScale - minScale) / scaleStep + 1);
  if (count === 1) return minScale;
  const chosen = Math.floor(uniform * count);
  return minScale + (chosen * (maxScale - minScale)) / (count - 1);
}
