import { seededRandom } from '../../../src/core/random.js';
import { tensor } from '../../../src/core/tensor.js';
import { backbones } from '../../../src/models/backbones/index.js';
import { initialValues, type Parameter } from '../../../src/models/parameters.js';
import type { SessionOptions } from '../../../src/runtime/index.js';
import { nodeRuntime } from '../../../src/runtime/node/index.js';
import {
  initialState,
  type StepSettings,
  stateTensors,
  Trainer,
  type TrainerBatch,
  type TrainingState,
} from '../../../src/train/index.js';
import { describeNetwork } from '../../../src/weights/network-graph.js';
import { round, type TimeStatistics, timeStatistics } from './statistics.js';
import { networkToTrain } from './training-networks.js';

/** A measurement of training steps, its options checked. */
export interface TrainingBenchmarkSettings extends SessionOptions {
  readonly network: string;
  readonly batch: number;
  readonly width: number;
  readonly height: number;
  readonly runs: number;
}

/** What `atrous benchmark --train --json` prints. Times are of one step on one batch. */
export interface TrainingBenchmarkResult extends TimeStatistics {
  readonly network: string;
  readonly device: string;
  readonly threads: number;
  readonly inputSize: string;
  readonly batch: number;
  readonly runs: number;
  /** From the settings to a session that is ready to run. */
  readonly loadMs: number;
  /** The first steps, which also take their memory for the first time. */
  readonly warmUpMs: number;
  readonly imagesPerSecond: number;
  readonly peakMemoryBytes: number;
  /** Of every step, those of the warm-up first. */
  readonly losses: readonly number[];
}

/** What a measured run starts from, so that another program can do the same steps. */
export interface TrainingWorkload {
  readonly settings: StepSettings;
  readonly parameters: readonly Parameter[];
  readonly state: TrainingState;
  readonly batch: TrainerBatch;
}

/** DeepLab's recommended rate (facts of the release: 0.007 with momentum 0.9). */
export const learningRate = 0.007;

const warmUpSteps = 3;
const seed = 1;
const ignoreValue = 255;

/** Random weights, pixels and labels; a tenth of the labels are ignored ones. */
export function trainingWorkload(settings: TrainingBenchmarkSettings): TrainingWorkload {
  const { batch, width, height } = settings;
  const network = networkToTrain(settings.network);
  const step: StepSettings = {
    network,
    batch,
    width,
    height,
    ignoreValue,
    normalisation: backbones[network.backbone].pixels,
    losses: [{ kind: 'cross-entropy' }],
    optimizer: { kind: 'sgd' },
    weightDecay: 4e-5,
    lastLayerMultiplier: 1,
    biasMultiplier: 1,
    batchNorm: 'batch',
    dropout: false,
  };
  const random = seededRandom(seed);
  const parts = describeNetwork(network);
  const weights = new Map(
    parts.parameters.map((parameter) => [parameter.name, initialValues(parameter, random)]),
  );
  for (const { name, shape, initial } of parts.statistics) {
    const data = new Float32Array(shape[0] ?? 0).fill(initial);
    weights.set(name, tensor('float32', shape, data));
  }
  const pixels = batch * height * width;
  const images = Uint8Array.from({ length: 3 * pixels }, () => random.integer(0, 255));
  const labels = Uint8Array.from({ length: pixels }, () =>
    random.uniform() < 0.1 ? ignoreValue : random.integer(0, network.classes - 1),
  );
  return {
    settings: step,
    parameters: parts.parameters,
    state: initialState(stateTensors(step, parts), weights),
    batch: {
      images: tensor('uint8', [batch, height, width, 3], images),
      labels: tensor('uint8', [batch, height, width], labels),
    },
  };
}

/**
 * Measures whole training steps (forward, backward, update) of a network from random weights, batch
 * norm by the batch's statistics, momentum SGD, on the same batch again and again.
 */
export async function measureTraining(
  settings: TrainingBenchmarkSettings,
  workload: TrainingWorkload = trainingWorkload(settings),
): Promise<TrainingBenchmarkResult> {
  const { network, batch, width, height, runs, device = 'cpu', threads = 0 } = settings;
  const start = performance.now();
  const trainer = await Trainer.open(
    {
      settings: workload.settings,
      microBatches: 1,
      seed,
      runtime: nodeRuntime({ worker: false }),
      session: { device, threads },
    },
    workload.state,
  );
  const opened = performance.now();
  const losses: number[] = [];
  const times: number[] = [];
  try {
    for (let step = 0; step < warmUpSteps + runs; step++) {
      const before = performance.now();
      losses.push(await trainer.step(workload.batch, learningRate));
      times.push(performance.now() - before);
    }
  } finally {
    await trainer.dispose();
  }
  const statistics = timeStatistics(times.slice(warmUpSteps));
  return {
    network,
    device,
    threads,
    inputSize: `${width}x${height}`,
    batch,
    runs,
    loadMs: round(opened - start),
    warmUpMs: round(times.slice(0, warmUpSteps).reduce((sum, time) => sum + time, 0)),
    ...statistics,
    imagesPerSecond: round((1000 * batch) / statistics.medianMs),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    losses,
  };
}

/** The result as lines for people. */
export function trainingText(result: TrainingBenchmarkResult): readonly string[] {
  const { network, batch, inputSize, device, threads } = result;
  const megabytes = Math.round(result.peakMemoryBytes / 2 ** 20);
  return [
    `training step of ${network}, batch ${batch}, ${inputSize}, ${device}` +
      `${threads > 0 ? `, ${threads} threads` : ''}`,
    `load     ${result.loadMs.toFixed(0)} ms, first ${warmUpSteps} steps ${result.warmUpMs.toFixed(0)} ms`,
    `step     min ${result.minMs.toFixed(1)}, median ${result.medianMs.toFixed(1)}, ` +
      `p90 ${result.p90Ms.toFixed(1)}, max ${result.maxMs.toFixed(1)} ms over ${result.runs} steps`,
    `rate     ${result.imagesPerSecond.toFixed(1)} images/s`,
    `memory   ${megabytes} MiB at most`,
    `loss     ${result.losses[0]?.toFixed(4)} to ${result.losses.at(-1)?.toFixed(4)}`,
  ];
}
