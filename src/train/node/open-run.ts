import { readFile } from 'node:fs/promises';
import { FormatError, InternalError, messageOf, OptionError } from '../../core/errors.js';
import type { TensorOf } from '../../core/tensor.js';
import { type DatasetSource, randomStream } from '../../data/index.js';
import {
  type BatchStream,
  labelSetNames,
  type OpenDatasetOptions,
  openBatches,
  openDataset,
  type SampleChoice,
} from '../../data/node/index.js';
import type { Parameter, Weights } from '../../models/parameters.js';
import type { Runtime, SessionOptions } from '../../runtime/index.js';
import { nodeRuntime } from '../../runtime/node/index.js';
import { freshWeights } from '../../weights/initial-weights.js';
import { describeNetwork, type NetworkDescription } from '../../weights/network-graph.js';
import { reestimateBatchNorm } from '../../weights/reestimate-batch-norm.js';
import type { TrainConfig } from '../config/config.js';
import { loadFirstWeights } from '../first-weights.js';
import type { RunDescription } from '../run-checkpoint.js';
import { stateTensors, trainedParts } from '../step-graph/index.js';
import type { TrainerBatch } from '../step-program.js';
import { stepSettings } from '../step-settings.js';
import { Trainer } from '../trainer.js';
import { initialState, restoredState } from '../training-state.js';
import { RunFolder } from './run-folder.js';

/** The splits of a run. */
export interface RunSources {
  readonly training: DatasetSource;
  /** Absent where nothing is evaluated. */
  readonly validation?: DatasetSource;
}

/** A training run, ready for its next step. */
export interface OpenRun extends RunSources, RunDescription {
  readonly folder: RunFolder;
  readonly trainer: Trainer;
  readonly batches: BatchStream;
  /** Of the network, without what only training has. */
  readonly parameters: readonly Parameter[];
  readonly session: SessionOptions;
  /** Whether it goes on from a checkpoint. */
  readonly resumed: boolean;
}

/**
 * Opens all that a run works with, at its start or after the step of its last checkpoint.
 *
 * @param sources The splits, where they are not to be opened from the configuration.
 * @throws FormatError, OptionError or OutputError for what stands in the way.
 */
export async function openRun(
  config: TrainConfig,
  resume: boolean,
  sources?: RunSources,
): Promise<OpenRun> {
  const { training, validation } = sources ?? (await openSources(config));
  const settings = stepSettings(config, training, config.batchSize);
  const run: RunDescription = { config, settings, classes: training };
  const folder = new RunFolder(config.output);
  const network = describeNetwork(settings.network);
  const trained = trainedParts(settings);
  const tensors = stateTensors(settings, trained);
  const checkpoint = folder.open(run, resume);
  const session: SessionOptions = { device: config.device, threads: config.threads };
  // In this thread: a step would otherwise copy the whole state to another one and back.
  const runtime = nodeRuntime({ worker: false });
  const state =
    checkpoint === undefined
      ? initialState(tensors, await firstWeights(run, network, trained, training, runtime, session))
      : restoredState(tensors, checkpoint.tensors, folder.last);
  const step = checkpoint?.metadata.step ?? 0;
  // Shows, before any work is done, that checkpoints can be written.
  if (checkpoint === undefined) folder.save(run, state, 0);
  const { microBatches, seed } = config;
  const options = { settings, microBatches, seed, runtime, session };
  const trainer = await Trainer.open(options, state, step);
  try {
    return {
      ...run,
      training,
      ...(validation === undefined ? {} : { validation }),
      folder,
      trainer,
      batches: batchesOf(training, config, step),
      parameters: network.parameters,
      session,
      resumed: checkpoint !== undefined,
    };
  } catch (error) {
    await trainer.dispose();
    throw error;
  }
}

/** The next batch, as the step's graph takes it. */
export async function nextBatch(
  batches: BatchStream,
): Promise<TrainerBatch & { readonly ids: readonly string[] }> {
  const { images, labels, ids } = await batches.next();
  if (images.dtype === 'uint8' && labels.dtype === 'uint8') return { images, labels, ids };
  throw new InternalError('training batch', `${images.dtype} images, ${labels.dtype} labels`);
}

async function openSources(config: TrainConfig): Promise<RunSources> {
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

function batchesOf(source: DatasetSource, config: TrainConfig, firstStep: number): BatchStream {
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

/** Tells the stream of first values from others with the same seed. */
const initialStream = 0x696e;

/** Weights from the configured file, the rest drawn from the seed. */
async function firstWeights(
  { config, settings }: RunDescription,
  network: NetworkDescription,
  trained: NetworkDescription,
  source: DatasetSource,
  runtime: Runtime,
  session: SessionOptions,
): Promise<Weights> {
  const random = randomStream(config.seed, initialStream);
  const { file, lastLayers, decoder, measuredBatches } = config.initial;
  if (file === undefined) return freshWeights(trained, random);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new FormatError({
      place: file,
      problem: `the initial weights cannot be read: ${messageOf(cause)}`,
      cause,
    });
  });
  const options = { lastLayers, decoder, random };
  const first = loadFirstWeights(bytes, file, network, trained, options);
  const { weights, taken, rebuiltBatchNorm } = first;
  // Frozen batch norm computes the same before and after.
  const isMeasured = rebuiltBatchNorm && config.batchNorm === 'batch' && measuredBatches > 0;
  if (!isMeasured) return weights;
  const batches = batchesOf(source, config, 0);
  try {
    const { normalisation } = settings;
    const measured = { settings: settings.network, weights, normalisation, taken };
    const images = imagesOf(batches, measuredBatches);
    return (await reestimateBatchNorm(measured, images, runtime, session)).weights;
  } finally {
    await batches.dispose();
  }
}

async function* imagesOf(batches: BatchStream, count: number): AsyncGenerator<TensorOf<'uint8'>> {
  for (let batch = 0; batch < count; batch++) yield (await nextBatch(batches)).images;
}
