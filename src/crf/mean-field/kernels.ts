import type { SplatRows } from '../lattice/splat-rows.js';

/**
 * The inner loops of the mean field, over arrays that are all parts of one buffer.
 *
 * Rows of `lanes` or `width` float32 numbers, both multiples of 4. Each call writes only its own
 * range, and what it writes there does not depend on how the whole is cut into ranges.
 */
export interface Kernels {
  /**
   * Sums the pixels' beliefs at lattice points `from` to `to`.
   *
   * @param beliefs `[pixels, lanes]`
   * @param values `[points, lanes]`, overwritten at these points.
   */
  splat(
    rows: SplatRows,
    beliefs: Float32Array,
    lanes: number,
    values: Float32Array,
    from: number,
    to: number,
  ): void;

  /**
   * Blurs `[points, lanes]` values in place with [1/2, 1, 1/2] along the chains that begin at
   * positions `from` to `to` of a list.
   */
  blur(chains: Int32Array, values: Float32Array, lanes: number, from: number, to: number): void;

  /** Writes the mean of elements `from` to `to` of both arrays into the first. */
  merge(values: Float32Array, mirror: Float32Array, from: number, to: number): void;

  /**
   * Adds a term's filter at pixels `from` to `to` to the rows of `sums`, the first row for pixel
   * `from`: the lanes, and behind them the last class, which has what they leave of the total.
   *
   * @param sums rows of `lanes + 4`.
   */
  slice(term: Slicing, lanes: number, from: number, to: number, sums: Float32Array): void;

  /** Writes -μ s for each of `rows` rows s of `sums`, `width` wide, into those of `ratings`. */
  weigh(
    costs: Float32Array,
    sums: Float32Array,
    width: number,
    rows: number,
    ratings: Float32Array,
  ): void;

  /**
   * Writes softmax(rating - energy) of pixels `from` to `to`, of each the first `stride` numbers.
   *
   * @param ratings rows of `width`, the first for pixel `from`; overwritten.
   * @param energies `[pixels, width]`
   * @param out `[pixels, stride]`; may be `energies`.
   */
  softmax(
    ratings: Float32Array,
    energies: Float32Array,
    width: number,
    from: number,
    to: number,
    out: Float32Array,
    stride: number,
  ): void;
}

/** What slicing a term needs. */
export interface Slicing {
  /** Lattice points of each pixel, `[pixels, sides]`. */
  readonly vertices: Int32Array;
  /** Their weights. */
  readonly slice: Float32Array;
  /** Points of a pixel: a multiple of 3, as it is for two and five features. */
  readonly sides: number;
  /** The sum over all classes at each pixel. */
  readonly total: Float32Array;
  /** `[points, lanes]` */
  readonly values: Float32Array;
}
