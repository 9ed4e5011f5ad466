import { mkdir } from 'node:fs/promises';
import { FormatError, messageOf, OutputError } from '../../core/errors.js';
import type { ListedSource } from '../../data/node/listed-source.js';
import type { Lanes } from '../../runtime/node/lanes/contract.js';
import { openLanes } from '../../runtime/node/lanes/lanes.js';
import type { CrfSettings } from '../../segment/crf-refinement.js';
import type { TileOptions } from '../../segment/tiles.js';
import { Evaluation, type EvaluationReport, type ScoringOptions } from '../evaluation.js';
import { evaluationWork } from './lanes/lane.js';
import type { LaneSettings, OpenModel, PictureCounts, PredictionFiles } from './lanes/protocol.js';
import {
  checkClasses,
  checkLabelled,
  defined,
  type EvaluationSubject,
  failureOf,
  lanesFor,
  openedDataset,
  placeOf,
} from './subject.js';
import { checkSubmission } from './submission.js';

/** A model, a data set, and how the one is measured on the other. */
export interface EvaluateOptions extends EvaluationSubject, ScoringOptions {
  /** The first so many pictures only. */
  readonly limit?: number;
  /** Cut pictures larger than the input into tiles. */
  readonly tile?: TileOptions | boolean;
  /** Refine the predictions by a dense CRF; what the network gives alone is measured too. */
  readonly crf?: CrfSettings | boolean;
  /** Also write the predictions, in a benchmark's format. */
  readonly predictions?: PredictionFiles;
}

/** Who follows an evaluation. */
export interface EvaluateObserver {
  /** Model and data set are open. */
  readonly started?: (parts: EvaluatedParts) => void;
  /** A picture is done or, with the reason, failed. */
  readonly step?: (failure?: string) => void;
  /** Stops the evaluation, which then rejects; no file stays half written. */
  readonly signal?: AbortSignal;
}

/** What is evaluated on what. */
export interface EvaluatedParts {
  readonly model: OpenModel;
  readonly dataset: ListedSource;
  /** Number of pictures, and of lanes that work on them side by side. */
  readonly images: number;
  readonly lanes: number;
}

/** What an evaluation found. */
export interface EvaluateResult extends EvaluatedParts {
  /** Pictures that were evaluated. */
  readonly images: number;
  /** A line for each picture that could not be, in the order of the data set. */
  readonly failures: readonly string[];
  /** Undefined for a split without labels, of which only predictions are made. */
  readonly report: EvaluationReport | undefined;
  /** With a dense CRF: the same of the network's own predictions, before it. */
  readonly reportBeforeCrf: EvaluationReport | undefined;
  readonly seconds: number;
}

/**
 * Evaluates a model on a split of a data set, several pictures at a time.
 *
 * Every picture goes through the Segmenter; its label map, at the picture's own size, is compared
 * with the truth. The counts are whole numbers, so that neither the number of lanes nor their order
 * makes a difference. A picture that cannot be read is left out and listed in `failures`.
 *
 * @throws FormatError, UnsupportedError or OptionError where model and data set cannot be opened or
 *   do not fit together, FormatError where every picture failed, the signal's reason on a stop.
 */
export async function evaluate(
  options: EvaluateOptions,
  observer: EvaluateObserver = {},
): Promise<EvaluateResult> {
  const start = performance.now();
  const { predictions, limit = Number.POSITIVE_INFINITY } = options;
  const dataset = await openedDataset(options);
  checkDataset(dataset, options);
  const evaluation = new Evaluation(dataset, options);
  const beforeCrf = new Evaluation(dataset, options);
  const refined = options.crf !== undefined && options.crf !== false;
  const ids = dataset.ids.slice(0, limit);
  const lanes = await openEvaluationLanes(options, dataset, ids.length);
  const stop = () => void lanes.close();
  observer.signal?.addEventListener('abort', stop);
  try {
    observer.signal?.throwIfAborted();
    checkClasses(lanes.model, dataset, options);
    await makeFolder(predictions);
    const parts: EvaluatedParts = {
      model: lanes.model,
      dataset,
      images: ids.length,
      lanes: lanes.count,
    };
    observer.started?.(parts);
    const failures = new Map<number, string>();
    await lanes.run([...ids.keys()], (index, outcome) => {
      if (outcome.kind === 'done') {
        evaluation.merge(outcome.answer.counts);
        if (outcome.answer.beforeCrf !== undefined) beforeCrf.merge(outcome.answer.beforeCrf);
      }
      const failure = failureOf(ids[index] ?? `${index}`, outcome);
      if (failure !== undefined) failures.set(index, failure);
      observer.step?.(failure);
    });
    observer.signal?.throwIfAborted();
    const [first] = failures.values();
    if (first !== undefined && failures.size === ids.length) {
      throw allFailed(dataset, ids.length, first);
    }
    return {
      ...parts,
      images: ids.length - failures.size,
      failures: [...failures].sort(([a], [b]) => a - b).map(([, message]) => message),
      report: dataset.labelled ? evaluation.report() : undefined,
      reportBeforeCrf: dataset.labelled && refined ? beforeCrf.report() : undefined,
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    observer.signal?.removeEventListener('abort', stop);
    await lanes.close();
  }
}

/** Opens lanes, each with model and data set of its own. */
async function openEvaluationLanes(
  options: EvaluateOptions,
  dataset: ListedSource,
  images: number,
): Promise<Lanes<OpenModel, number, PictureCounts>> {
  const { model, predictions, tile, scales, flip, crf, classes, boundary } = options;
  const { count, load } = lanesFor(options, images);
  const settings: LaneSettings = {
    model,
    load,
    segment: defined({ tile, scales, flip, crf }),
    dataset: dataset.listing,
    scoring: defined({ classes, boundary }),
    predictions,
  };
  return openLanes(evaluationWork, settings, count);
}

function checkDataset(dataset: ListedSource, { predictions }: EvaluateOptions): void {
  if (predictions === undefined) {
    checkLabelled(dataset, 'choose another split, or have the predictions written');
  } else checkSubmission(predictions.format, dataset.labels.length);
}

async function makeFolder(predictions: PredictionFiles | undefined): Promise<void> {
  if (predictions === undefined) return;
  try {
    await mkdir(predictions.folder, { recursive: true });
  } catch (cause) {
    throw new OutputError({
      place: predictions.folder,
      problem: `the folder cannot be made: ${messageOf(cause)}`,
      cause,
    });
  }
}

function allFailed(dataset: ListedSource, images: number, first: string): FormatError {
  return new FormatError({
    place: placeOf(dataset),
    problem: `none of ${images} pictures could be evaluated`,
    found: first,
  });
}
