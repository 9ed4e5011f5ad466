import { seededRandom } from '../core/random.js';
import { tensor } from '../core/tensor.js';
import { nodeRuntime } from '../runtime/node/index.js';
import { freshWeights } from '../weights/initial-weights.js';
import { parseConfig, type TrainConfig, type TrainConfigInput } from './config/config.js';
import { stateTensors, trainedParts } from './step-graph/index.js';
import type { TrainerBatch } from './step-program.js';
import { stepSettings } from './step-settings.js';
import { Trainer } from './trainer.js';
import { initialState } from './training-state.js';

/** Side of the pictures of small runs. */
export const smallSide = 33;
const classes = { labels: ['ground', 'disc', 'square'], ignoreValue: 255 };

/** A configuration whose steps take a few milliseconds. */
export function smallConfig(changes: Partial<TrainConfigInput> = {}): TrainConfig {
  const small = {
    dataset: { path: 'none' },
    output: 'none',
    network: { depthMultiplier: 0.1 },
    crop: smallSide,
    batchSize: 4,
    steps: 100,
    evaluation: { every: 0 },
    threads: 1,
  };
  return parseConfig({ ...small, ...changes }, 'small run');
}

/** A trainer with random first weights. */
export async function smallTrainer(changes: Partial<TrainConfigInput> = {}): Promise<Trainer> {
  const config = smallConfig(changes);
  const settings = stepSettings(config, classes, config.batchSize);
  const trained = trainedParts(settings);
  const weights = freshWeights(trained, seededRandom(5));
  const { microBatches, seed, threads } = config;
  const runtime = nodeRuntime({ worker: false });
  // Opens in half the time, and computes the same up to rounding.
  const session = { threads, optimization: 'disabled' } as const;
  const options = { settings, microBatches, seed, runtime, session };
  return Trainer.open(options, initialState(stateTensors(settings, trained), weights));
}

/** Random pixels; more of the later samples' labels is ignored. */
export function randomBatch(seed: number, batch = 4): TrainerBatch {
  const random = seededRandom(seed);
  const pixels = smallSide * smallSide;
  const images = Uint8Array.from({ length: batch * pixels * 3 }, () => random.integer(0, 255));
  const labels = Uint8Array.from({ length: batch * pixels }, (_, at) =>
    random.uniform() < Math.floor(at / pixels) / batch ? 255 : random.integer(0, 2),
  );
  const shape = [batch, smallSide, smallSide];
  return {
    images: tensor('uint8', [...shape, 3], images),
    labels: tensor('uint8', shape, labels),
  };
}
