import type { Features } from './lattice/features.js';
import { GaussianFilter } from './lattice/gaussian-filter.js';
import { privateMemory } from './memory.js';
import type { ClassPlanes } from './unary.js';

/** A dense matrix `[pixels, pixels]` in double precision. */
export type KernelMatrix = Float64Array;

/** exp(-|f_i - f_j|² / 2) for every pair of pixels. */
export function gaussianMatrix(features: Features): KernelMatrix {
  const { pixels, dimension } = features;
  const all = Array.from({ length: pixels }, (_, pixel) => {
    const feature = new Float64Array(dimension);
    features.read(pixel, feature);
    return feature;
  });
  const matrix = new Float64Array(pixels * pixels);
  for (const [i, a] of all.entries()) {
    for (const [j, b] of all.entries()) {
      const squares = a.reduce((sum, value, axis) => sum + (value - (b[axis] ?? 0)) ** 2, 0);
      matrix[i * pixels + j] = Math.exp(-squares / 2);
    }
  }
  return matrix;
}

/** What the lattice makes of each pixel alone: the same filter, written out as a matrix. */
export function latticeMatrix(features: Features): KernelMatrix {
  const { pixels } = features;
  const filter = GaussianFilter.of(features, privateMemory);
  const matrix = new Float64Array(pixels * pixels);
  for (let j = 0; j < pixels; j++) {
    const impulse = new Float64Array(pixels);
    impulse[j] = 1;
    for (const [i, value] of filter.apply(impulse).entries()) matrix[i * pixels + j] = value;
  }
  return matrix;
}

/** D^-1/2 K D^-1/2 with the row sums D. */
export function normaliseSymmetrically(matrix: KernelMatrix): KernelMatrix {
  const pixels = Math.sqrt(matrix.length);
  const roots = Array.from({ length: pixels }, (_, i) =>
    Math.sqrt(matrix.subarray(i * pixels, (i + 1) * pixels).reduce((sum, value) => sum + value, 0)),
  );
  return matrix.map((value, at) => {
    const i = Math.floor(at / pixels);
    return value / ((roots[i] as number) * (roots[at - i * pixels] as number));
  });
}

/**
 * Mean field by the formula alone, every pair of pixels and every pair of classes:
 * Q_i(l) ∝ exp(-U_i(l) - Σ_l' μ(l, l') Σ_m w_m Σ_j k_m(i, j) Q_j(l')).
 *
 * @returns probabilities, planar.
 */
export function exactMeanField(
  unary: ClassPlanes,
  terms: readonly { readonly weight: number; readonly matrix: KernelMatrix }[],
  cost: (label: number, other: number) => number,
  iterations: number,
): Float64Array {
  const { data, classes } = unary;
  const pixels = data.length / classes;
  let beliefs = softmax(
    Float64Array.from(data, (energy) => -energy),
    classes,
  );
  for (let iteration = 0; iteration < iterations; iteration++) {
    const messages = new Float64Array(data.length);
    for (const { weight, matrix } of terms) {
      for (let i = 0; i < pixels; i++) {
        for (let j = 0; j < pixels; j++) {
          const strength = weight * (matrix[i * pixels + j] as number);
          if (strength === 0) continue;
          for (let label = 0; label < classes; label++) {
            const at = label * pixels;
            messages[at + i] =
              (messages[at + i] as number) + strength * (beliefs[at + j] as number);
          }
        }
      }
    }
    const scores = Float64Array.from(data, (energy, at) => {
      const label = Math.floor(at / pixels);
      const pixel = at - label * pixels;
      let total = energy;
      for (let other = 0; other < classes; other++) {
        total += cost(label, other) * (messages[other * pixels + pixel] as number);
      }
      return -total;
    });
    beliefs = softmax(scores, classes);
  }
  return beliefs;
}

export const potts = (label: number, other: number): number => (label === other ? 0 : 1);

function softmax(scores: Float64Array, classes: number): Float64Array {
  const pixels = scores.length / classes;
  const result = new Float64Array(scores.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const own = Array.from({ length: classes }, (_, label) => scores[label * pixels + pixel] ?? 0);
    const best = Math.max(...own);
    const sum = own.reduce((total, score) => total + Math.exp(score - best), 0);
    for (const [label, score] of own.entries()) {
      result[label * pixels + pixel] = Math.exp(score - best) / sum;
    }
  }
  return result;
}
