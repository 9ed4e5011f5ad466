import type { MeanFieldArrays, Term } from './arrays.js';
import { expOfNegative } from './exponential.js';

/**
 * The mean-field update of the pixels from `from` to `to`.
 *
 *     Q_i(l) ∝ exp(-U_i(l) - Σ_l' μ(l, l') Σ_m w_m (K_m Q(l'))_i)
 *
 * Krähenbühl and Koltun 2011, algorithm 1. As in the implementation that goes with it, K holds a
 * pixel's message to itself. For Potts, μ(l, l') = [l ≠ l'], the sum is that over all classes, the
 * same for every l, less the own class's.
 *
 * @param terms those to take into account: none for the first beliefs, softmax(-U).
 * @param last writes the probabilities of all classes over the energies; else the beliefs.
 */
export class Update {
  readonly #arrays: MeanFieldArrays;
  /** Lattice's sums of the classes, then their scores and exponentials. */
  readonly #sums: Float64Array;
  readonly #scores: Float64Array;
  readonly #compatibility: Float32Array | undefined;

  constructor(arrays: MeanFieldArrays) {
    this.#arrays = arrays;
    this.#sums = new Float64Array(arrays.lanes + 4);
    this.#scores = new Float64Array(arrays.lanes + 4);
    this.#compatibility = arrays.sizes.matrix ? arrays.compatibility : undefined;
  }

  run(terms: readonly Term[], last: boolean, from: number, to: number): void {
    const { lanes, energies, beliefs, sizes } = this.#arrays;
    const { classes } = sizes;
    const sums = this.#sums;
    const scores = this.#scores;
    for (let pixel = from; pixel < to; pixel++) {
      sums.fill(0);
      for (const term of terms) addSlice(term, lanes, pixel, sums);
      if (terms.length > 0) this.#completeSums(terms, pixel);
      const ratings =
        this.#compatibility === undefined ? sums : this.#weighCosts(this.#compatibility);

      const row = pixel * classes;
      let best = Number.NEGATIVE_INFINITY;
      for (let label = 0; label < classes; label++) {
        const score = (ratings[label] as number) - (energies[row + label] as number);
        scores[label] = score;
        if (score > best) best = score;
      }
      let sum = 0;
      for (let label = 0; label < classes; label++) {
        const exponential = expOfNegative((scores[label] as number) - best);
        scores[label] = exponential;
        sum += exponential;
      }
      const scale = 1 / sum;
      if (last) {
        for (let label = 0; label < classes; label++) {
          energies[row + label] = (scores[label] as number) * scale;
        }
      } else {
        for (let label = 0, at = pixel * lanes; label < classes - 1; label++, at++) {
          beliefs[at] = (scores[label] as number) * scale;
        }
      }
    }
  }

  /** The last class's sum is what the others leave of the total. */
  #completeSums(terms: readonly Term[], pixel: number): void {
    const sums = this.#sums;
    const others = this.#arrays.sizes.classes - 1;
    let rest = 0;
    for (const term of terms) rest += term.total[pixel] as number;
    for (let label = 0; label < others; label++) rest -= sums[label] as number;
    sums[others] = rest;
  }

  #weighCosts(costs: Float32Array): Float64Array {
    const sums = this.#sums;
    const { classes } = this.#arrays.sizes;
    const scores = this.#scores;
    for (let label = 0; label < classes; label++) {
      let cost = 0;
      for (let other = 0; other < classes; other++) {
        cost += (costs[label * classes + other] as number) * (sums[other] as number);
      }
      scores[label] = -cost;
    }
    return scores;
  }
}

/** Adds the lattice's values at a pixel; the d + 1 points come in threes for d = 2 and d = 5. */
function addSlice(term: Term, lanes: number, pixel: number, sums: Float64Array): void {
  const { vertices, slice, sides, values } = term;
  const end = (pixel + 1) * sides;
  for (let entry = pixel * sides; entry < end; entry += 3) {
    const a = (vertices[entry] as number) * lanes;
    const b = (vertices[entry + 1] as number) * lanes;
    const c = (vertices[entry + 2] as number) * lanes;
    const u = slice[entry] as number;
    const v = slice[entry + 1] as number;
    const w = slice[entry + 2] as number;
    for (let lane = 0; lane < lanes; lane++) {
      sums[lane] =
        (sums[lane] as number) +
        u * (values[a + lane] as number) +
        v * (values[b + lane] as number) +
        w * (values[c + lane] as number);
    }
  }
}
