import { expect } from 'vitest';
import type { CrfResult } from './dense-crf.js';

/** The largest and the mean difference of probabilities. */
export function difference(result: CrfResult, exact: Float64Array): { most: number; mean: number } {
  let most = 0;
  let sum = 0;
  for (const [at, value] of result.probabilities.data.entries()) {
    const error = Math.abs(value - (exact[at] as number));
    // Written so that NaN is never the smaller one.
    if (!(error <= most)) most = error;
    sum += error;
  }
  return { most, mean: sum / exact.length };
}

/** Probabilities of every pixel that sum to 1. */
export function expectDistributions({ probabilities }: CrfResult): void {
  const { data, classes } = probabilities;
  const pixels = data.length / classes;
  for (let pixel = 0; pixel < pixels; pixel++) {
    let sum = 0;
    for (let label = 0; label < classes; label++) {
      const value = data[label * pixels + pixel] as number;
      expect(value).toBeGreaterThanOrEqual(0);
      sum += value;
    }
    expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
  }
}
