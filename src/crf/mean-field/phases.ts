import { blurChains } from '../lattice/chains.js';
import type { MeanFieldArrays } from './arrays.js';
import { mergeOrders, splatRows } from './splat.js';
import { Update } from './update.js';

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
 * the update. At the end the probabilities stand where the energies were.
 */
export function meanFieldPhases(arrays: MeanFieldArrays): readonly Phase[] {
  const { sizes, terms, lanes, beliefs } = arrays;
  const { iterations, mirrored, pixels } = sizes;
  const update = new Update(arrays);
  const updatePhase = (used: typeof terms, last: boolean): Phase => [
    { items: pixels, grain: 1024, run: (from, to) => update.run(used, last, from, to) },
  ];
  const rounds = terms.length === 0 ? 0 : iterations;

  const splat: Phase = terms.map((term) => ({
    items: term.points,
    grain: 512,
    run(from, to) {
      splatRows(term.splat, beliefs, lanes, term.values, from, to);
      if (mirrored) {
        const values = term.values.subarray(from * lanes, to * lanes);
        term.mirror.set(values, from * lanes);
      }
    },
  }));
  const blurs: readonly Phase[] = Array.from(
    { length: Math.max(0, ...terms.map((term) => term.sides)) },
    (_, pass) =>
      terms.flatMap((term) => {
        const axes = [
          { axis: term.chains[pass], values: term.values },
          { axis: term.chains[term.sides - 1 - pass], values: term.mirror },
        ].slice(0, mirrored ? 2 : 1);
        return axes.flatMap(({ axis, values }) =>
          axis === undefined
            ? []
            : [
                {
                  items: axis.length,
                  grain: 1024,
                  run: (from: number, to: number) => blurChains(axis, values, lanes, from, to),
                },
              ],
        );
      }),
  );
  const merge: Phase = terms.map((term) => ({
    items: term.points,
    grain: 4096,
    run: (from, to) => mergeOrders(term.values, term.mirror, lanes, from, to),
  }));
  const filter = [splat, ...blurs, ...(mirrored ? [merge] : [])];

  return [
    updatePhase([], rounds === 0),
    ...Array.from({ length: rounds }, (_, round) => [
      ...filter,
      updatePhase(terms, round === rounds - 1),
    ]).flat(),
  ];
}
