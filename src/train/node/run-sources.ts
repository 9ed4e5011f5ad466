import { InternalError, OptionError } from '../../core/errors.js';
import type { DatasetSource } from '../../data/index.js';
import {
  type BatchStream,
  labelSetNames,
  type OpenDatasetOptions,
  openBatches,
  openDataset,
  type SampleChoice,
} from '../../data/node/index.js';
import type { TrainConfig } from '../config/config.js';
import type { TrainerBatch } from '../step-program.js';

export type { BatchStream };

/** The splits of a run. */
export interface RunSources {
  readonly training: DatasetSource;
  /** Absent where nothing is evaluated. */
  readonly validation?: DatasetSource;
}

/** Opens the splits that a configuration names. */
export async function openSources(config: TrainConfig): Promise<RunSources> {
  const { dataset, evaluation } = config;
  const { path, format, labelSet, split } = dataset;
  const options: Omit<OpenDatasetOptions, 'split'> = {
    ...(format === undefined ? {} : { format }),
    ...(labelSet === undefined ? {} : { labelSet: knownLabelSet(labelSet) }),
  };
  const training = await openDataset(path, { ...options, ...choiceOf(dataset), split });
  if (evaluation.every === 0) return { training };
  const chosen = { ...options, ...choiceOf(evaluation), split: evaluation.split };
  return { training, validation: await openDataset(path, chosen) };
}

function choiceOf({ include, exclude }: SampleChoice): SampleChoice {
  return {
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
  };
}

function knownLabelSet(name: string): NonNullable<OpenDatasetOptions['labelSet']> {
  const known = labelSetNames.find((each) => each === name);
  if (known !== undefined) return known;
  throw new OptionError({
    place: 'dataset.labelSet',
    problem: 'no such set of classes',
    expected: labelSetNames.join(', '),
    found: name,
  });
}

/** The batches of a run from a step on. */
export function batchesOf(
  source: DatasetSource,
  config: TrainConfig,
  firstStep: number,
): BatchStream {
  const { batchSize, augmentation, crop, seed, dataset } = config;
  const { workers, cacheBytes } = dataset;
  return openBatches(source, {
    batchSize,
    augment: { ...augmentation, crop },
    seed,
    firstStep,
    imageType: 'uint8',
    workers,
    cacheBytes,
  });
}

/** The next batch, as the step's graph takes it. */
export async function nextBatch(
  batches: BatchStream,
): Promise<TrainerBatch & { readonly ids: readonly string[] }> {
  const { images, labels, ids } = await batches.next();
  if (images.dtype === 'uint8' && labels.dtype === 'uint8') return { images, labels, ids };
  throw new InternalError('training batch', `${images.dtype} images, ${labels.dtype} labels`);
}
