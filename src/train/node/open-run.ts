import type { Parameter } from '../../models/parameters.js';
import type { SessionOptions } from '../../runtime/index.js';
import { nodeRuntime } from '../../runtime/node/index.js';
import { describeNetwork } from '../../weights/network-graph.js';
import type { TrainConfig } from '../config/config.js';
import type { RunDescription } from '../run-checkpoint.js';
import { stateTensors, trainedParts } from '../step-graph/index.js';
import { stepSettings } from '../step-settings.js';
import { Trainer } from '../trainer.js';
import { initialState, restoredState } from '../training-state.js';
import { type FirstWeights, firstWeights, teacherOf } from './load-weights.js';
import { RunFolder } from './run-folder.js';
import { type BatchStream, batchesOf, openSources, type RunSources } from './run-sources.js';

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
  /** What it started from, where it starts now. */
  readonly first?: Omit<FirstWeights, 'weights'>;
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
  const settings = {
    ...stepSettings(config, training, config.batchSize),
    ...(await teacherOf(config, training)),
  };
  const run: RunDescription = { config, settings, classes: training };
  const folder = new RunFolder(config.output);
  const network = describeNetwork(settings.network);
  const trained = trainedParts(settings);
  const tensors = stateTensors(settings, trained);
  const checkpoint = folder.open(run, resume);
  const session: SessionOptions = { device: config.device, threads: config.threads };
  // In this thread: a step would otherwise copy the whole state to another one and back.
  const runtime = nodeRuntime({ worker: false });
  const starting = async () => {
    const first = await firstWeights(run, network, trained, training, runtime, session);
    return { first, state: initialState(tensors, first.weights) };
  };
  const { state, first } =
    checkpoint === undefined
      ? await starting()
      : { state: restoredState(tensors, checkpoint.tensors, folder.last), first: undefined };
  const step = checkpoint?.metadata.step ?? 0;
  const { microBatches, seed } = config;
  const options = { settings, microBatches, seed, runtime, session };
  const trainer = await Trainer.open(options, state, step);
  let batches: BatchStream | undefined;
  try {
    batches = batchesOf(training, config, step);
    // Shows, before any work is done, that checkpoints can be written; last of all, since a folder
    // with a checkpoint refuses another start.
    if (checkpoint === undefined) folder.save(run, state, 0);
    return {
      ...run,
      training,
      ...(validation === undefined ? {} : { validation }),
      folder,
      trainer,
      batches,
      parameters: network.parameters,
      session,
      resumed: checkpoint !== undefined,
      ...(first === undefined ? {} : { first }),
    };
  } catch (error) {
    await batches?.dispose();
    await trainer.dispose();
    throw error;
  }
}
