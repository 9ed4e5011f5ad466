import { InternalError, OptionError } from '../core/errors.js';
import { type CrfParameters, completeCrfParameters, defaultCrfParameters } from './parameters.js';

/** The parameters that are searched for; the papers fix the spatial term. */
export type SearchedParameter =
  | 'bilateralWeight'
  | 'bilateralPositionDeviation'
  | 'bilateralColourDeviation';

/** Ascending values to try for each parameter. */
export type SearchRanges = Readonly<Record<SearchedParameter, readonly number[]>>;

/** The papers' initial ranges: DeepLab v1, section 4 (ICLR 2015); DeepLab v2, section 4.1.2. */
export const publishedSearchRanges = {
  deeplabv1: {
    bilateralWeight: [5, 6, 7, 8, 9, 10],
    bilateralPositionDeviation: [50, 60, 70, 80, 90, 100],
    bilateralColourDeviation: [3, 4, 5, 6, 7, 8, 9, 10],
  },
  deeplabv2: {
    bilateralWeight: [3, 4, 5, 6],
    bilateralPositionDeviation: [30, 40, 50, 60, 70, 80, 90, 100],
    bilateralColourDeviation: [3, 4, 5, 6],
  },
} as const satisfies Readonly<Record<string, SearchRanges>>;

export interface SearchOptions {
  /** Values of the first step; those of DeepLab v2 by default. */
  readonly ranges?: SearchRanges;
  /**
   * The parameters that stay as they are; by default a spatial weight and deviation of 3 each and
   * ten iterations, as in the papers.
   */
  readonly fixed?: Partial<Omit<CrfParameters, SearchedParameter>>;
  /** How often the steps are halved around the best values; once by default. */
  readonly refinements?: number;
  /** Told what comes next: the first step and each refinement. */
  readonly onStep?: (step: SearchStep) => void;
  /** Told each trial as soon as it is scored. */
  readonly onTrial?: (trial: SearchTrial) => void;
  /** Ends the search before the next trial; `searchCrfParameters` then throws its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Scores parameters that differ in nothing but the bilateral weight, and so have the same lattices.
 *
 * @returns a score for each, the higher the better.
 */
export type ScoreCrfParameters = (
  group: readonly CrfParameters[],
) => readonly number[] | Promise<readonly number[]>;

export interface SearchStep {
  /** 0 for the first step, then the number of the refinement. */
  readonly refinement: number;
  readonly trials: number;
}

export interface SearchTrial {
  readonly parameters: CrfParameters;
  /** What the callback made of them. */
  readonly score: number;
  /** 0 in the first step, then the number of the refinement. */
  readonly refinement: number;
}

export interface SearchResult {
  /** The trial of the highest score, the first one of several. */
  readonly best: SearchTrial;
  /** All trials in their order. */
  readonly trials: readonly SearchTrial[];
}

const papersFixed = {
  spatialWeight: 3,
  spatialPositionDeviation: 3,
  iterations: defaultCrfParameters.iterations,
};
const mostRefinements = 8;

/**
 * The papers' search in two steps: every combination of the ranges, then half steps around the
 * best one.
 *
 * "We employ a coarse-to-fine search scheme […] and then we refine the search step sizes around the
 * first round's best values" (DeepLab v1, section 4). A refinement tries, for each parameter, the
 * best value and half a step to either side.
 *
 * @param score the quality of parameters, such as the mean IoU on a small part of the validation
 *   images (the papers take 100); called for one pair of deviations after the other.
 * @throws OptionError where a range or a fixed parameter cannot be used, or a score is NaN.
 */
export async function searchCrfParameters(
  score: ScoreCrfParameters,
  options: SearchOptions = {},
): Promise<SearchResult> {
  checkSearch(options);
  const { ranges = publishedSearchRanges.deeplabv2, refinements = 1 } = options;
  const fixed = { ...papersFixed, ...options.fixed };
  const trials: SearchTrial[] = [];
  const tried = new Set<string>();
  let best: SearchTrial | undefined;

  const tryAll = async (values: SearchRanges, refinement: number): Promise<void> => {
    const groups = groupsOf(values, fixed, tried);
    options.onStep?.({ refinement, trials: groups.flat().length });
    for (const group of groups) {
      options.signal?.throwIfAborted();
      const scores = await score(group);
      for (const [index, parameters] of group.entries()) {
        const trial = { parameters, score: scoreAt(scores, index), refinement };
        checkScore(trial);
        trials.push(trial);
        options.onTrial?.(trial);
        if (best === undefined || trial.score > best.score) best = trial;
      }
    }
  };

  await tryAll(ranges, 0);
  const steps = mapRanges(ranges, smallestStep);
  for (let refinement = 1; refinement <= refinements; refinement++) {
    const { parameters } = best ?? { parameters: defaultCrfParameters };
    const around = mapRanges(ranges, (_, name) => {
      const step = steps[name] / 2 ** refinement;
      const value = parameters[name];
      return [...new Set([value - step, value, value + step])].filter((each) => each > 0);
    });
    await tryAll(around, refinement);
  }
  if (best === undefined)
    throw new OptionError({ place: 'CRF parameter search', problem: 'no trial' });
  return { best, trials };
}

/**
 * Makes sure that a search can begin, for those who have work to do before.
 *
 * @throws OptionError as `searchCrfParameters` does.
 */
export function checkSearch(options: SearchOptions): void {
  const { ranges = publishedSearchRanges.deeplabv2, refinements = 1 } = options;
  checkRanges(ranges);
  if (!Number.isInteger(refinements) || refinements < 0 || refinements > mostRefinements) {
    throw new OptionError({
      place: 'CRF parameter search: refinements',
      problem: 'not a number of refinements',
      expected: `a whole number from 0 to ${mostRefinements}`,
      found: `${refinements}`,
    });
  }
  groupsOf(ranges, { ...papersFixed, ...options.fixed }, new Set());
}

/**
 * Every combination that has not been tried, in a group for each pair of deviations.
 *
 * @param tried gets what is in the groups.
 */
function groupsOf(
  ranges: SearchRanges,
  fixed: Partial<CrfParameters>,
  tried: Set<string>,
): readonly (readonly CrfParameters[])[] {
  const groups: CrfParameters[][] = [];
  for (const bilateralPositionDeviation of ranges.bilateralPositionDeviation) {
    for (const bilateralColourDeviation of ranges.bilateralColourDeviation) {
      const group: CrfParameters[] = [];
      for (const bilateralWeight of ranges.bilateralWeight) {
        const key = [bilateralWeight, bilateralPositionDeviation, bilateralColourDeviation].join();
        if (tried.has(key)) continue;
        tried.add(key);
        const own = { bilateralWeight, bilateralPositionDeviation, bilateralColourDeviation };
        group.push(completeCrfParameters({ ...fixed, ...own }));
      }
      if (group.length > 0) groups.push(group);
    }
  }
  return groups;
}

function scoreAt(scores: readonly number[], index: number): number {
  const score = scores[index];
  if (score !== undefined) return score;
  throw new InternalError('CRF parameter search', `no score for trial ${index} of a group`);
}

function mapRanges<T>(
  ranges: SearchRanges,
  map: (values: readonly number[], name: SearchedParameter) => T,
): Record<SearchedParameter, T> {
  return {
    bilateralWeight: map(ranges.bilateralWeight, 'bilateralWeight'),
    bilateralPositionDeviation: map(
      ranges.bilateralPositionDeviation,
      'bilateralPositionDeviation',
    ),
    bilateralColourDeviation: map(ranges.bilateralColourDeviation, 'bilateralColourDeviation'),
  };
}

/** 0 for a single value, which then is not refined. */
function smallestStep(values: readonly number[]): number {
  const steps = values.slice(1).map((value, index) => value - (values[index] as number));
  return steps.length === 0 ? 0 : Math.min(...steps);
}

function checkRanges(ranges: SearchRanges): void {
  mapRanges(ranges, (values, name) => {
    const ascends = values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0));
    if (values.length > 0 && ascends) return;
    throw new OptionError({
      place: `CRF parameter search: range of ${name}`,
      problem: 'must hold at least one value, in ascending order',
      found: `[${values.join(', ')}]`,
    });
  });
}

function checkScore({ parameters, score }: SearchTrial): void {
  if (!Number.isNaN(score)) return;
  throw new OptionError({
    place: 'CRF parameter search',
    problem: `the score of ${JSON.stringify(parameters)} is not a number`,
    found: `${score}`,
  });
}
