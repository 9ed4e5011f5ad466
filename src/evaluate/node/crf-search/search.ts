import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AtrousError,
  FormatError,
  messageOf,
  OptionError,
  OutputError,
} from '../../../core/errors.js';
import {
  checkSearch,
  type SearchOptions,
  type SearchResult,
  type SearchStep,
  type SearchTrial,
  searchCrfParameters,
} from '../../../crf/index.js';
import { ListedSource } from '../../../data/node/listed-source.js';
import type { Lanes, LaneWork, Workbench } from '../../../runtime/node/lanes/contract.js';
import { openLanes } from '../../../runtime/node/lanes/lanes.js';
import { Evaluation, type EvaluationReport } from '../../evaluation.js';
import type { EvaluatedParts } from '../evaluate.js';
import {
  checkClasses,
  checkLabelled,
  defined,
  type EvaluationSubject,
  failureOf,
  lanesFor,
  openedDataset,
  placeOf,
} from '../subject.js';
import { scoringWork } from './scoring/lane.js';
import { trialWork } from './trials/lane.js';

/** A model, a data set, and where to look for the parameters that suit them. */
export interface CrfSearchOptions
  extends EvaluationSubject,
    Pick<SearchOptions, 'ranges' | 'fixed' | 'refinements'> {
  /** Pictures to search on, spread evenly over the split; 100 by default, as in the papers. */
  readonly pictures?: number;
  /** Names or indices of the classes to score; pixels of other classes are ignored. */
  readonly classes?: readonly string[];
}

/** Who follows a search. */
export interface CrfSearchObserver {
  /** Model and data set are open; the network begins. */
  readonly started?: (parts: EvaluatedParts) => void;
  /** The network is done with a picture, or failed on it: then it is left out. */
  readonly scored?: (failure?: string) => void;
  /** A step begins, after the network's own predictions have been measured. */
  readonly step?: (step: SearchStep, images: number, withoutCrf: EvaluationReport) => void;
  /** So many trials are done on one more picture. */
  readonly tried?: (trials: number) => void;
  readonly trial?: (trial: SearchTrial) => void;
  /** Stops the search, which then rejects. */
  readonly signal?: AbortSignal;
}

/** What a search found; the score of a trial is its mIoU, 0 to 1. */
export interface CrfSearchResult extends EvaluatedParts, SearchResult {
  /** A line for each picture that had to be left out. */
  readonly failures: readonly string[];
  /** The network's own predictions on the same pictures. */
  readonly withoutCrf: EvaluationReport;
  readonly seconds: number;
}

const usualPictures = 100;

/**
 * Looks for the dense CRF's parameters of the highest mean IoU, in the papers' two steps (see
 * `searchCrfParameters`).
 *
 * The network looks at each picture once. Its scores are kept in a temporary folder, so that memory
 * does not grow with the pictures; for each pair of deviations a picture's lattices are made once,
 * for all weights, and classes that nowhere are a thousandth as probable as the best one are left
 * out. Several pictures are worked on at a time, each on one core.
 *
 * @throws OptionError, FormatError or UnsupportedError where model, data set and options cannot be
 *   used together; FormatError where no picture can be; AtrousError naming the picture on which a
 *   trial fails; the signal's reason on a stop.
 */
export async function searchCrf(
  options: CrfSearchOptions,
  observer: CrfSearchObserver = {},
): Promise<CrfSearchResult> {
  const start = performance.now();
  checkSearch(options);
  const dataset = spreadOver(await openedDataset(options), options.pictures ?? usualPictures);
  checkLabelled(dataset, 'choose another split');
  const folder = await temporaryFolder();
  try {
    const { indices, ...scored } = await scoreAll(options, dataset, folder, observer);
    const found = await tryAll(options, { dataset, folder, indices }, scored.withoutCrf, observer);
    const seconds = (performance.now() - start) / 1000;
    return { ...scored, ...found, dataset, images: indices.length, seconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function temporaryFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'atrous-crf-search-'));
  } catch (cause) {
    throw new OutputError({
      place: tmpdir(),
      problem: `no temporary folder can be made there: ${messageOf(cause)}`,
      cause,
    });
  }
}

/** A part of a split: every so-many-th picture, whatever order they are in. */
function spreadOver(dataset: ListedSource, pictures: number): ListedSource {
  if (!(Number.isInteger(pictures) && pictures >= 1)) {
    throw new OptionError({
      place: 'pictures to search on',
      problem: 'not a number of pictures',
      expected: 'a whole number from 1 on',
      found: `${pictures}`,
    });
  }
  const { listing } = dataset;
  if (pictures >= dataset.size) return dataset;
  const samples = Array.from({ length: pictures }, (_, i) =>
    listing.samples.slice(Math.floor((i * dataset.size) / pictures)).slice(0, 1),
  ).flat();
  return new ListedSource({ ...listing, samples }, listing.format);
}

/** Has the network look at all pictures. */
async function scoreAll(
  options: CrfSearchOptions,
  dataset: ListedSource,
  folder: string,
  observer: CrfSearchObserver,
) {
  const { model, scales, flip, classes } = options;
  const { count, load } = lanesFor(options, dataset.size);
  const settings = {
    model,
    load,
    views: defined({ scales, flip }),
    dataset: dataset.listing,
    scoring: defined({ classes }),
    folder,
  };
  // Wrong classes are noticed here, before a process starts.
  const evaluation = new Evaluation(dataset, settings.scoring);
  return withLanes(scoringWork, settings, count, observer.signal, async (lanes) => {
    checkClasses(lanes.model, dataset, options);
    const parts = { model: lanes.model, dataset, images: dataset.size, lanes: lanes.count };
    observer.started?.(parts);
    const failures = new Map<number, string>();
    await lanes.run([...dataset.ids.keys()], (index, outcome) => {
      if (outcome.kind === 'done') evaluation.merge(outcome.answer);
      const failure = failureOf(dataset.ids[index] ?? `${index}`, outcome);
      if (failure !== undefined) failures.set(index, failure);
      observer.scored?.(failure);
    });
    observer.signal?.throwIfAborted();
    const indices = [...dataset.ids.keys()].filter((index) => !failures.has(index));
    const inOrder = [...failures].sort(([a], [b]) => a - b).map(([, message]) => message);
    if (indices.length === 0) throw nothingToSearchOn(dataset, inOrder);
    const withoutCrf = evaluation.report();
    if (Number.isNaN(withoutCrf.mIoU)) throw nothingToScore(dataset, indices.length);
    return { ...parts, indices, failures: inOrder, withoutCrf };
  });
}

/** Pictures whose scores are kept. */
interface ScoredPictures {
  readonly dataset: ListedSource;
  readonly folder: string;
  readonly indices: readonly number[];
}

/** Searches on them. */
async function tryAll(
  options: CrfSearchOptions,
  { dataset, folder, indices }: ScoredPictures,
  withoutCrf: EvaluationReport,
  observer: CrfSearchObserver,
): Promise<SearchResult> {
  const { classes, ranges, fixed, refinements } = options;
  const scoring = defined({ classes });
  const settings = { dataset: dataset.listing, scoring, folder };
  const count = Math.min(options.threads ?? availableParallelism(), indices.length);
  const { signal, trial: onTrial } = observer;
  return withLanes(trialWork, settings, count, signal, (lanes) =>
    searchCrfParameters(
      async (group) => {
        const evaluations = group.map(() => new Evaluation(dataset, scoring));
        const jobs = indices.map((index) => ({ index, group }));
        await lanes.run(jobs, (position, outcome) => {
          const id = dataset.ids[indices[position] ?? 0] ?? `${position}`;
          const failure = failureOf(id, outcome);
          // Scores on fewer pictures than others would say nothing.
          if (outcome.kind !== 'done') throw trialFailed(failure ?? id);
          for (const [i, counts] of outcome.answer.entries()) evaluations[i]?.merge(counts);
          observer.tried?.(group.length);
        });
        signal?.throwIfAborted();
        return evaluations.map((evaluation) => evaluation.report().mIoU);
      },
      {
        ...defined({ ranges, fixed, refinements, signal, onTrial }),
        onStep: (step) => observer.step?.(step, indices.length, withoutCrf),
      },
    ),
  );
}

/** Works with lanes, which a signal ends at once: nothing that they write is to stay. */
async function withLanes<Settings, Bench extends Workbench, Job, Answer, Result>(
  work: LaneWork<Settings, Bench, Job, Answer>,
  settings: Settings,
  count: number,
  signal: AbortSignal | undefined,
  use: (lanes: Lanes<Bench['model'], Job, Answer>) => Promise<Result>,
): Promise<Result> {
  const lanes = await openLanes(work, settings, count);
  const stop = () => void lanes.kill();
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    return await use(lanes);
  } finally {
    signal?.removeEventListener('abort', stop);
    await lanes.close();
  }
}

function nothingToSearchOn(dataset: ListedSource, failures: readonly string[]): FormatError {
  return new FormatError({
    place: placeOf(dataset),
    problem: `none of ${failures.length} pictures can be used`,
    found: failures[0] ?? '',
  });
}

function nothingToScore(dataset: ListedSource, pictures: number): OptionError {
  return new OptionError({
    place: placeOf(dataset),
    problem: `no pixel of the ${pictures} pictures counts, so that nothing can be compared`,
    fix: 'take more pictures, or other classes',
  });
}

function trialFailed(failure: string): AtrousError {
  return new AtrousError({ place: 'CRF parameter search', problem: failure });
}
