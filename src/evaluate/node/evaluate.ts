import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { FormatError, messageOf, OptionError, OutputError } from '../../core/errors.js';
import type { ListedSource } from '../../data/node/listed-source.js';
import { findDataset, openDataset } from '../../data/node/open-dataset.js';
import type { Fit, Size } from '../../image/index.js';
import type { Device } from '../../runtime/index.js';
import type { Lanes, Outcome } from '../../runtime/node/lanes/contract.js';
import { openLanes } from '../../runtime/node/lanes/lanes.js';
import type { ModelFileOptions } from '../../segment/model-file.js';
import type { TileOptions } from '../../segment/tiles.js';
import type { ViewOptions } from '../../segment/views.js';
import {
  Evaluation,
  type EvaluationCounts,
  type EvaluationReport,
  type ScoringOptions,
} from '../evaluation.js';
import { evaluationWork } from './lanes/lane.js';
import type { LaneSettings, OpenModel, PredictionFiles } from './lanes/protocol.js';
import { checkSubmission } from './submission.js';

/** A model, a data set, and how the one is measured on the other. */
export interface EvaluateOptions extends ScoringOptions, ViewOptions, ModelFileOptions {
  /** Path of a segmentation model. */
  readonly model: string;
  /** A data set, or its path as `openDataset` takes it. */
  readonly dataset: string | ListedSource;
  /** Of a data set by its path: the split, by default its only one, else `val`. */
  readonly split?: string;
  /** The first so many pictures only. */
  readonly limit?: number;
  readonly fit?: Fit;
  /** Input size, for models that leave it open. */
  readonly size?: Size;
  /** Cut pictures larger than the input into tiles. */
  readonly tile?: TileOptions | boolean;
  readonly device?: Device;
  /** Cores to use, each for a picture at a time; all by default. */
  readonly threads?: number;
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
      if (outcome.kind === 'done') evaluation.merge(outcome.answer);
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
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    observer.signal?.removeEventListener('abort', stop);
    await lanes.close();
  }
}

async function openedDataset({ dataset, split }: EvaluateOptions): Promise<ListedSource> {
  if (typeof dataset !== 'string') return dataset;
  if (split !== undefined) return openDataset(dataset, { split });
  const { splits } = await findDataset(dataset);
  return openDataset(dataset, splits.length === 1 ? {} : { split: 'val' });
}

/** A line about a picture that was not evaluated; what the work itself says names the picture. */
function failureOf(id: string, outcome: Outcome<unknown>): string | undefined {
  if (outcome.kind === 'done') return undefined;
  return outcome.kind === 'failed' ? outcome.message : `${id}: ${outcome.message}`;
}

/**
 * Opens lanes, each with model and data set of its own. A picture's steps keep one core busy, so
 * that as many lanes as cores use them all.
 */
async function openEvaluationLanes(
  options: EvaluateOptions,
  dataset: ListedSource,
  images: number,
): Promise<Lanes<OpenModel, number, EvaluationCounts>> {
  const { model, predictions, arithmetic, outputStride, fit, size, device } = options;
  const { tile, scales, flip, classes, boundary } = options;
  const available = options.threads ?? availableParallelism();
  // A device of its own takes one picture after the other anyway.
  const count = (device ?? 'cpu') === 'cpu' ? Math.max(1, Math.min(available, images)) : 1;
  const threads = Math.max(1, Math.floor(available / count));
  // What one segmenter may keep for inputs of several sizes is shared by the lanes.
  const cacheBytes = Math.max(2 ** 28, Math.floor(2 ** 30 / count));
  const settings: LaneSettings = {
    model,
    load: defined({ arithmetic, outputStride, fit, size, device, threads, cacheBytes }),
    segment: defined({ tile, scales, flip }),
    dataset: dataset.listing,
    scoring: defined({ classes, boundary }),
    predictions,
  };
  return openLanes(evaluationWork, settings, count);
}

/** The entries that have a value. */
function defined<T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(entries).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function checkDataset(dataset: ListedSource, { predictions }: EvaluateOptions): void {
  if (predictions !== undefined) checkSubmission(predictions.format, dataset.labels.length);
  if (dataset.labelled || predictions !== undefined) return;
  throw new OptionError({
    place: placeOf(dataset),
    problem: 'this split has no labels to compare with',
    fix: 'choose another split, or have the predictions written',
  });
}

function checkClasses(
  { classes }: OpenModel,
  dataset: ListedSource,
  { model }: EvaluateOptions,
): void {
  const { labels } = dataset;
  if (classes === undefined || classes === labels.length) return;
  throw new OptionError({
    place: model,
    problem: 'the model has not as many classes as the data set',
    expected: `${labels.length} classes, as ${dataset.name} has`,
    found: `${classes}`,
  });
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

function placeOf({ listing }: ListedSource): string {
  return `${listing.root}, split ${listing.split}`;
}
