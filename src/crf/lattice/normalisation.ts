import type { BlurOrder, GaussianFilter } from './gaussian-filter.js';

/**
 * How a filter K is scaled by the sums of its rows, n = K 1 (with D = diag(n)):
 *
 * - `symmetric`: D^-1/2 K D^-1/2, as in the papers' implementation;
 * - `after`: D^-1 K, which keeps constants;
 * - `before`: K D^-1;
 * - `none`: K divided by the mean of n.
 */
export type Normalisation = 'symmetric' | 'after' | 'before' | 'none';

/** The diagonal matrices around the filter: D_out K D_in. */
export interface Scaling {
  readonly input: Float64Array;
  readonly output: Float64Array;
}

/** Krähenbühl and Koltun 2011, section 3.2, and the kinds of the implementation that goes with it. */
export function scalingOf(
  filter: GaussianFilter,
  normalisation: Normalisation,
  order: BlurOrder,
): Scaling {
  // Every sum holds the pixel itself with a weight of at least 1/(d+1): there is no division by 0.
  const sums = filter.apply(new Uint8Array(filter.pixels).fill(1), order);
  const ones = () => new Float64Array(filter.pixels).fill(1);
  switch (normalisation) {
    case 'symmetric': {
      const roots = sums.map((sum) => 1 / Math.sqrt(sum));
      return { input: roots, output: roots };
    }
    case 'after':
      return { input: ones(), output: sums.map((sum) => 1 / sum) };
    case 'before':
      return { input: sums.map((sum) => 1 / sum), output: ones() };
    case 'none': {
      const mean = sums.reduce((total, sum) => total + sum, 0) / sums.length;
      return { input: ones(), output: sums.fill(1 / mean) };
    }
  }
}
