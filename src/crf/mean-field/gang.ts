import type { Phase } from './phases.js';

/** All phases on the calling thread. */
export function runPhases(phases: readonly Phase[]): void {
  for (const phase of phases) for (const share of phase) share.run(0, share.items);
}

/**
 * All phases on several threads, each of which calls this with the same phases over the same
 * memory; returns when every thread has done its part.
 *
 * Threads take ranges as they are free, which balances unequal cores and does not change the
 * result: what a range computes depends on no other.
 *
 * @param control shared, all zero at first: the barrier's arrivals and generation, then for each
 *   phase the ranges taken.
 */
export function runPhasesTogether(
  phases: readonly Phase[],
  control: Int32Array,
  threads: number,
): void {
  for (const [index, phase] of phases.entries()) {
    const counter = 2 + index;
    const ends: number[] = [];
    let ranges = 0;
    for (const { items, grain } of phase) {
      ranges += Math.ceil(items / grain);
      ends.push(ranges);
    }
    for (;;) {
      const range = Atomics.add(control, counter, 1);
      if (range >= ranges) break;
      const position = ends.findIndex((end) => range < end);
      const share = phase[position];
      if (share === undefined) break;
      const from = (range - (position === 0 ? 0 : (ends[position - 1] as number))) * share.grain;
      share.run(from, Math.min(from + share.grain, share.items));
    }
    meet(control, threads);
  }
}

/** Phases are a millisecond apart: looking a few times first often spares a sleep. */
const glances = 2000;

/** Waits until all threads are here. */
function meet(control: Int32Array, threads: number): void {
  const generation = Atomics.load(control, 1);
  if (Atomics.add(control, 0, 1) === threads - 1) {
    Atomics.store(control, 0, 0);
    Atomics.store(control, 1, generation + 1);
    Atomics.notify(control, 1);
    return;
  }
  for (let glance = 0; glance < glances; glance++) {
    if (Atomics.load(control, 1) !== generation) return;
  }
  while (Atomics.load(control, 1) === generation) Atomics.wait(control, 1, generation);
}
