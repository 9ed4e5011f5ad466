import { readFile } from 'node:fs/promises';
import { FormatError, messageOf, OptionError } from '../../core/errors.js';
import { nearest } from '../../core/spelling.js';
import type { TensorOf } from '../../core/tensor.js';
import { type DatasetSource, randomStream } from '../../data/index.js';
import { deepLabDefaults } from '../../models/deeplab.js';
import type { Weights } from '../../models/parameters.js';
import type { Runtime, SessionOptions } from '../../runtime/index.js';
import { nameClasses } from '../../segment/class-names.js';
import { readModelFile } from '../../segment/model-file.js';
import { freshWeights } from '../../weights/initial-weights.js';
import { readTrainedNetwork } from '../../weights/network-file.js';
import type { NetworkDescription } from '../../weights/network-graph.js';
import { reestimateBatchNorm } from '../../weights/reestimate-batch-norm.js';
import type { TrainConfig } from '../config/config.js';
import { loadFirstWeights } from '../first-weights.js';
import type { RunDescription } from '../run-checkpoint.js';
import type { StepSettings } from '../step-graph/index.js';
import { checkTeacher } from '../teacher.js';
import { type BatchStream, batchesOf, nextBatch } from './run-sources.js';

/** The teacher of a run, where it has one. */
export async function teacherOf(
  { distillation, network }: TrainConfig,
  { labels }: DatasetSource,
): Promise<Pick<StepSettings, 'distillation'>> {
  if (distillation === undefined) return {};
  const { file, outputStride, ...settings } = distillation;
  const { imagePyramid } = deepLabDefaults;
  const plain = { ...network, classes: labels.length, atrousRates: [], imagePyramid };
  const teacher = readTrainedNetwork(
    await weightBytes(file, 'teacher'),
    file,
    { ...plain, head: 'v3' },
    outputStride,
  );
  checkTeacher(teacher, plain, file);
  return { distillation: { ...settings, teacher } };
}

async function weightBytes(file: string, whose: 'teacher' | 'initial weights'): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new FormatError({
      place: file,
      problem: `the ${whose} cannot be read: ${messageOf(cause)}`,
      cause,
    });
  });
}

/** Tells the stream of first values from others with the same seed. */
const initialStream = 0x696e;

/** Where a run's first weights came from. */
export interface FirstWeights {
  readonly weights: Weights;
  /** undefined where all are drawn from the seed. */
  readonly file?: string;
  /** Tensors that came from the file. */
  readonly taken: number;
  /** Layers with tensors drawn from the seed, in the order of the network. */
  readonly drawnLayers: readonly string[];
  /** Batches that batch norm was measured on; 0 where it is the file's own. */
  readonly measuredBatches: number;
}

/** Weights from the configured file, the rest drawn from the seed. */
export async function firstWeights(
  { config, settings }: RunDescription,
  network: NetworkDescription,
  trained: NetworkDescription,
  source: DatasetSource,
  runtime: Runtime,
  session: SessionOptions,
): Promise<FirstWeights> {
  const random = randomStream(config.seed, initialStream);
  const { file, lastLayers, decoder, classes, measuredBatches } = config.initial;
  if (file === undefined) {
    const weights = freshWeights(trained, random);
    return { weights, taken: 0, drawnLayers: layersOf(weights.keys()), measuredBatches: 0 };
  }
  const bytes = await weightBytes(file, 'initial weights');
  const chosen = classes && {
    classes: (count: number) => classesInFile(classes, source.labels, bytes, file, count),
  };
  const options = { lastLayers, decoder, random, ...chosen };
  const first = loadFirstWeights(bytes, file, network, trained, options);
  const { weights, taken, renewed, rebuiltBatchNorm } = first;
  const origin = { file, taken: taken.length, drawnLayers: layersOf(renewed) };
  // Frozen batch norm computes the same before and after.
  const isMeasured = rebuiltBatchNorm && config.batchNorm === 'batch' && measuredBatches > 0;
  if (!isMeasured) return { ...origin, weights, measuredBatches: 0 };
  const batches = batchesOf(source, config, 0);
  try {
    const { normalisation } = settings;
    const measured = { settings: settings.network, weights, normalisation, taken };
    const images = imagesOf(batches, measuredBatches);
    const estimated = await reestimateBatchNorm(measured, images, runtime, session);
    return { ...origin, weights: estimated.weights, measuredBatches };
  } finally {
    await batches.dispose();
  }
}

/**
 * Indices of a file's classes by their names.
 *
 * @param wanted A class of the file for each class of the data set.
 * @param count Number of classes of the file.
 */
function classesInFile(
  wanted: readonly string[],
  own: readonly string[],
  bytes: Buffer,
  file: string,
  count: number,
): readonly number[] {
  const place = 'initial.classes';
  if (wanted.length !== own.length) {
    throw new OptionError({
      place,
      problem: 'not a class of the file for each class of the data set',
      expected: `${own.length} names, for ${own.join(', ')}`,
      found: `${wanted.length}`,
    });
  }
  const { labels } = nameClasses(readModelFile(bytes, file), count, undefined, undefined);
  return wanted.map((name) => {
    const index = labels.indexOf(name);
    if (index >= 0) return index;
    throw new OptionError({
      place,
      problem: `${file} has no class of that name`,
      expected: labels.join(', '),
      found: `'${name}'`,
      fix: `did you mean '${nearest(name, labels)}'?`,
    });
  });
}

/** The layers that tensors belong to: `aspp1` of `aspp1/BatchNorm/gamma`. */
function layersOf(tensors: Iterable<string>): readonly string[] {
  const leaf = /(\/BatchNorm)?\/[^/]+$/;
  return [...new Set([...tensors].map((name) => name.replace(leaf, '')))];
}

async function* imagesOf(batches: BatchStream, count: number): AsyncGenerator<TensorOf<'uint8'>> {
  for (let batch = 0; batch < count; batch++) yield (await nextBatch(batches)).images;
}
