/**
 * Where the samples of one axis of a crop come from: output `first + i` lies between source samples
 * `lower[i]` and `upper[i]`, `weight[i]` of the way; `nearest[i]` is the source of its label.
 * Outputs before `first` and from `first + lower.length` on are padding.
 */
export interface CropAxis {
  readonly first: number;
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly weight: Float32Array;
  readonly nearest: Int32Array;
}

/**
 * The axis of a crop of `length` pixels, from `start` on, of a source that is scaled from
 * `sourceLength` to `scaledLength` and padded at its end.
 *
 * Corners are aligned: output i lies at i * (sourceLength - 1) / (scaledLength - 1), in 32-bit
 * floats as TensorFlow's `resize_bilinear` and `resize_nearest_neighbor`; the nearest sample is
 * the rounded position, halves upwards.
 *
 * @param mirrored whether the crop is turned round, its padding included.
 */
export function cropAxis(
  sourceLength: number,
  scaledLength: number,
  start: number,
  length: number,
  mirrored: boolean,
): CropAxis {
  const filled = Math.max(0, Math.min(length, scaledLength - start));
  const lower = new Int32Array(filled);
  const upper = new Int32Array(filled);
  const weight = new Float32Array(filled);
  const nearest = new Int32Array(filled);
  const step = scaledLength > 1 ? Math.fround((sourceLength - 1) / (scaledLength - 1)) : 0;
  const last = sourceLength - 1;
  for (let i = 0; i < filled; i++) {
    const position = Math.fround((start + i) * step);
    const below = Math.min(last, Math.floor(position));
    const at = mirrored ? filled - 1 - i : i;
    lower[at] = below;
    upper[at] = Math.min(last, below + 1);
    weight[at] = position - below;
    nearest[at] = Math.min(last, Math.floor(position + 0.5));
  }
  return { first: mirrored ? length - filled : 0, lower, upper, weight, nearest };
}
