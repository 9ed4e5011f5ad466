import { type MeanFieldArrays, type Term, tilePixels } from './arrays.js';
import type { Kernels } from './kernels.js';

/**
 * A share of a phase: items 0 to `items` that may be worked on in any order, by any thread, in
 * ranges of about `grain`. What a range computes depends on no other range of the phase.
 */
export interface Share {
  readonly items: number;
  readonly grain: number;
  run(from: number, to: number): void;
}

/** All of it is done before the next phase begins. */
export type Phase = readonly Share[];

/**
 * The mean field as phases: softmax(-U), then in each iteration splat, a blur along each axis and
 * the update
 *
 *     Q_i(l) ∝ exp(-U_i(l) - Σ_l' μ(l, l') Σ_m w_m (K_m Q(l'))_i)
 *
 * of Krähenbühl and Koltun 2011, algorithm 1. As in the implementation that goes with it, K holds a
 * pixel's message to itself. For Potts, μ(l, l') = [l ≠ l'], the sum over l' is that over all
 * classes, the same for every l, less the own class's.
 *
 * At the end the probabilities stand where the energies were.
 *
 * @param thread which of the threads works with these phases, from 0 on.
 */
export function meanFieldPhases(
  arrays: MeanFieldArrays,
  kernels: Kernels,
  thread: number,
): readonly Phase[] {
  const { sizes, terms } = arrays;
  const rounds = terms.length === 0 ? 0 : sizes.iterations;
  const filter = filterPhases(arrays, kernels);
  return [
    updatePhase(arrays, kernels, thread, [], rounds === 0),
    ...Array.from({ length: rounds }, (_, round) => [
      ...filter,
      updatePhase(arrays, kernels, thread, terms, round === rounds - 1),
    ]).flat(),
  ];
}

function filterPhases(arrays: MeanFieldArrays, kernels: Kernels): readonly Phase[] {
  const { terms, lanes, beliefs, sizes } = arrays;
  const { mirrored } = sizes;
  const splat: Phase = terms.map((term) => ({
    items: term.points,
    grain: 512,
    run(from, to) {
      kernels.splat(term.splat, beliefs, lanes, term.values, from, to);
      if (!mirrored) return;
      term.mirror.set(term.values.subarray(from * lanes, to * lanes), from * lanes);
    },
  }));
  const blur = (chains: Int32Array | undefined, values: Float32Array): readonly Share[] =>
    chains === undefined
      ? []
      : [
          {
            items: chains.length,
            grain: 1024,
            run: (from, to) => kernels.blur(chains, values, lanes, from, to),
          },
        ];
  const passes = Math.max(0, ...terms.map((term) => term.sides));
  const blurs: readonly Phase[] = Array.from({ length: passes }, (_, pass) =>
    terms.flatMap(({ chains, sides, values, mirror }) => [
      ...blur(chains[pass], values),
      ...(mirrored ? blur(chains[sides - 1 - pass], mirror) : []),
    ]),
  );
  const merge: Phase = terms.map(({ values, mirror }) => ({
    items: values.length,
    grain: 65_536,
    run: (from, to) => kernels.merge(values, mirror, from, to),
  }));
  return [splat, ...blurs, ...(mirrored ? [merge] : [])];
}

/**
 * @param terms those that are sliced: none for the first beliefs, softmax(-U).
 * @param last writes the probabilities of all classes over the energies, not the beliefs.
 */
function updatePhase(
  arrays: MeanFieldArrays,
  kernels: Kernels,
  thread: number,
  terms: readonly Term[],
  last: boolean,
): Phase {
  const { sizes, lanes, width, energies, beliefs, costs, tiles } = arrays;
  const tile = tiles[thread];
  if (tile === undefined) return [];
  const { sums, ratings } = tile;
  const run = (start: number, end: number): void => {
    for (let from = start; from < end; from += tilePixels) {
      const to = Math.min(from + tilePixels, end);
      sums.fill(0, 0, (to - from) * width);
      for (const term of terms) kernels.slice(term, lanes, from, to, sums);
      const weighed = sizes.matrix && terms.length > 0;
      if (weighed) kernels.weigh(costs, sums, width, to - from, ratings);
      const [out, stride] = last ? [energies, width] : [beliefs, lanes];
      kernels.softmax(weighed ? ratings : sums, energies, width, from, to, out, stride);
    }
  };
  return [{ items: sizes.pixels, grain: 1024, run }];
}
