import { availableParallelism } from 'node:os';
import { OptionError } from '../../core/errors.js';
import type { ListedSource } from '../../data/node/listed-source.js';
import { findDataset, openDataset } from '../../data/node/open-dataset.js';
import type { Fit, Size } from '../../image/index.js';
import type { Device } from '../../runtime/index.js';
import type { Outcome } from '../../runtime/node/lanes/contract.js';
import type { ModelFileOptions } from '../../segment/model-file.js';
import type { LoadOptions } from '../../segment/node/segmenter.js';
import type { ViewOptions } from '../../segment/views.js';
import type { OpenModel } from './lanes/protocol.js';

/** A model, a data set, and how the one looks at the pictures of the other. */
export interface EvaluationSubject extends ViewOptions, ModelFileOptions {
  /** Path of a segmentation model. */
  readonly model: string;
  /** A data set, or its path as `openDataset` takes it. */
  readonly dataset: string | ListedSource;
  /** Of a data set by its path: the split, by default its only one, else `val`. */
  readonly split?: string;
  readonly fit?: Fit;
  /** Input size, for models that leave it open. */
  readonly size?: Size;
  readonly device?: Device;
  /** Cores to use, each for a picture at a time; all by default. */
  readonly threads?: number;
}

/** Opens the data set, where it is not open. */
export async function openedDataset({ dataset, split }: EvaluationSubject): Promise<ListedSource> {
  if (typeof dataset !== 'string') return dataset;
  if (split !== undefined) return openDataset(dataset, { split });
  const { splits } = await findDataset(dataset);
  return openDataset(dataset, splits.length === 1 ? {} : { split: 'val' });
}

/** @throws OptionError for a split without labels. */
export function checkLabelled(dataset: ListedSource, fix: string): void {
  if (dataset.labelled) return;
  throw new OptionError({
    place: placeOf(dataset),
    problem: 'this split has no labels to compare with',
    fix,
  });
}

/** @throws OptionError where model and data set have not the same number of classes. */
export function checkClasses(
  { classes }: OpenModel,
  dataset: ListedSource,
  { model }: EvaluationSubject,
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

/**
 * How many lanes a number of pictures gets, and how each opens the model. A picture's steps keep
 * one core busy, so that as many lanes as cores use them all.
 */
export function lanesFor(
  subject: EvaluationSubject,
  pictures: number,
): { readonly count: number; readonly load: LoadOptions } {
  const { arithmetic, outputStride, fit, size, device } = subject;
  const available = subject.threads ?? availableParallelism();
  // A device of its own takes one picture after the other anyway.
  const count = (device ?? 'cpu') === 'cpu' ? Math.max(1, Math.min(available, pictures)) : 1;
  const threads = Math.max(1, Math.floor(available / count));
  // What one segmenter may keep for inputs of several sizes is shared by the lanes.
  const cacheBytes = Math.max(2 ** 28, Math.floor(2 ** 30 / count));
  return {
    count,
    load: defined({ arithmetic, outputStride, fit, size, device, threads, cacheBytes }),
  };
}

/** The entries that have a value. */
export function defined<T extends object>(
  entries: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(entries).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** A line about a picture that was not evaluated; what the work itself says names the picture. */
export function failureOf(id: string, outcome: Outcome<unknown>): string | undefined {
  if (outcome.kind === 'done') return undefined;
  return outcome.kind === 'failed' ? outcome.message : `${id}: ${outcome.message}`;
}

/** What errors call a split of a data set. */
export function placeOf({ listing }: ListedSource): string {
  return `${listing.root}, split ${listing.split}`;
}
