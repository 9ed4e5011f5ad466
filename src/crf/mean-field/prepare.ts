import type { BlurOrder, GaussianFilter } from '../lattice/gaussian-filter.js';
import { type Normalisation, scalingOf } from '../lattice/normalisation.js';
import { fillSplatRows } from '../lattice/splat-rows.js';
import type { Term } from './arrays.js';

/** How a term's filter is scaled. */
export interface TermSettings {
  readonly weight: number;
  readonly normalisation: Normalisation;
  readonly order: BlurOrder;
}

/** Fills the arrays of a term, all but its values. */
export function prepareTerm(filter: GaussianFilter, settings: TermSettings, term: Term): void {
  const { vertices, weights, sides, pixels } = filter;
  const { input, output } = scalingOf(filter, settings.normalisation, settings.order);
  term.vertices.set(vertices);
  for (const [axis, chains] of filter.chains.entries()) term.chains[axis]?.set(chains);

  fillSplatRows(vertices, weights, sides, term.splat);
  const { pixel: column, weight: share } = term.splat;
  for (let entry = 0; entry < share.length; entry++) {
    share[entry] = (share[entry] as number) * (input[column[entry] as number] as number);
  }
  for (let pixel = 0, entry = 0; pixel < pixels; pixel++) {
    const factor = settings.weight * (output[pixel] as number);
    for (let side = 0; side < sides; side++, entry++) {
      term.slice[entry] = (weights[entry] as number) * factor;
    }
  }
  const total = filter.apply(input, settings.order);
  for (let pixel = 0; pixel < pixels; pixel++) {
    term.total[pixel] = settings.weight * (output[pixel] as number) * (total[pixel] as number);
  }
}
