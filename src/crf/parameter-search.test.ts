import { describe, expect, it } from 'vitest';
import {
  publishedSearchRanges,
  type SearchStep,
  type SearchTrial,
  searchCrfParameters,
} from './parameter-search.js';
import type { CrfParameters } from './parameters.js';

/** Scores each by itself. */
const each =
  (score: (given: CrfParameters) => number) =>
  (group: readonly CrfParameters[]): readonly number[] =>
    group.map(score);

/** A smooth score with one peak, between the values of the first step. */
const peakAt = (weight: number, position: number, colour: number) =>
  each(
    (given) =>
      -(
        (given.bilateralWeight - weight) ** 2 +
        ((given.bilateralPositionDeviation - position) / 10) ** 2 +
        (given.bilateralColourDeviation - colour) ** 2
      ),
  );

describe('the search of the papers', () => {
  it('tries every combination with the fixed spatial term, then half steps around the best', async () => {
    const { best, trials } = await searchCrfParameters(peakAt(4.4, 66, 3.6));
    const coarse = trials.filter(({ refinement }) => refinement === 0);
    expect(coarse.length).toBe(4 * 8 * 4);
    // The best of the first step is tried once: 27 - 1.
    expect(trials.length - coarse.length).toBe(26);
    for (const { parameters } of trials) {
      expect(parameters).toMatchObject({
        spatialWeight: 3,
        spatialPositionDeviation: 3,
        iterations: 10,
      });
    }
    expect(best.parameters).toMatchObject({
      bilateralWeight: 4.5,
      bilateralPositionDeviation: 65,
      bilateralColourDeviation: 3.5,
    });
    expect(best.refinement).toBe(1);
  });

  it('asks for one pair of deviations at a time, and says beforehand how many trials come', async () => {
    const pairs: string[] = [];
    const steps: SearchStep[] = [];
    const { trials } = await searchCrfParameters(
      (group) => {
        const deviations = group.map((given) =>
          [given.bilateralPositionDeviation, given.bilateralColourDeviation].join(),
        );
        expect(new Set(deviations).size).toBe(1);
        pairs.push(...new Set(deviations));
        return peakAt(4.4, 66, 3.6)(group);
      },
      { onStep: (step) => steps.push(step) },
    );
    expect(new Set(pairs.slice(0, 32)).size).toBe(32);
    expect(pairs.length).toBe(32 + 9);
    expect(steps).toEqual([
      { refinement: 0, trials: 128 },
      { refinement: 1, trials: 26 },
    ]);
    expect(trials.length).toBe(128 + 26);
  });

  it('halves the steps with every refinement', async () => {
    const { best } = await searchCrfParameters(peakAt(4.3, 67, 4.2), { refinements: 4 });
    expect(best.parameters.bilateralWeight).toBeCloseTo(4.3, 1);
    expect(best.parameters.bilateralPositionDeviation).toBeGreaterThan(66);
    expect(best.parameters.bilateralPositionDeviation).toBeLessThan(68);
    expect(best.parameters.bilateralColourDeviation).toBeCloseTo(4.2, 1);
  });

  it('keeps the first of equal trials and reports each in order', async () => {
    const seen: SearchTrial[] = [];
    const { best, trials } = await searchCrfParameters(async (group) => group.map(() => 0.5), {
      ranges: publishedSearchRanges.deeplabv1,
      refinements: 0,
      fixed: { iterations: 5 },
      onTrial: (trial) => seen.push(trial),
    });
    expect(seen).toEqual(trials);
    expect(trials.length).toBe(6 * 6 * 8);
    expect(best).toBe(trials[0]);
    expect(best.parameters).toMatchObject({ bilateralWeight: 5, iterations: 5 });
  });

  it('leaves out deviations and weights that are not positive', async () => {
    const { trials } = await searchCrfParameters(peakAt(1, 10, 1), {
      ranges: {
        bilateralWeight: [0, 2],
        bilateralPositionDeviation: [5, 15],
        bilateralColourDeviation: [1, 3],
      },
      refinements: 3,
    });
    for (const { parameters } of trials) {
      expect(parameters.bilateralWeight).toBeGreaterThanOrEqual(0);
      expect(parameters.bilateralColourDeviation).toBeGreaterThan(0);
    }
  });

  it('stops at a signal', async () => {
    const abort = new AbortController();
    let calls = 0;
    const search = searchCrfParameters(
      (group) => {
        if (++calls === 3) abort.abort(new Error('enough'));
        return group.map(() => 0);
      },
      { signal: abort.signal },
    );
    await expect(search).rejects.toThrow('enough');
    expect(calls).toBe(3);
  });

  it('refuses ranges and scores that cannot be used', async () => {
    const ranges = publishedSearchRanges.deeplabv2;
    const run = (given: object) =>
      searchCrfParameters(
        each(() => 0),
        given,
      );
    await expect(run({ ranges: { ...ranges, bilateralWeight: [] } })).rejects.toThrow(
      /range of bilateralWeight: must hold at least one value/,
    );
    await expect(run({ ranges: { ...ranges, bilateralColourDeviation: [3, 3] } })).rejects.toThrow(
      /ascending/,
    );
    await expect(run({ ranges: { ...ranges, bilateralWeight: [-1, 2] } })).rejects.toThrow(
      /bilateralWeight.*found -1/,
    );
    await expect(run({ refinements: -1 })).rejects.toThrow(/refinements/);
    await expect(searchCrfParameters(each(() => Number.NaN))).rejects.toThrow(/not a number/);
  });
});
