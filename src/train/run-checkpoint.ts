import type { Tensor } from '../core/tensor.js';
import { tensor } from '../core/tensor.js';
import type { DatasetClasses } from '../data/index.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import type { TrainConfig } from './config/config.js';
import type { stepSettings } from './step-settings.js';
import type { TrainingState } from './training-state.js';

/** What of a run stays the same from checkpoint to checkpoint. */
export interface RunDescription {
  readonly config: TrainConfig;
  readonly settings: ReturnType<typeof stepSettings>;
  readonly classes: Pick<DatasetClasses, 'labels' | 'palette' | 'ignoreValue'>;
}

/** Name of the scalar with the score that made a checkpoint the best one. */
const scoreName = 'evaluation/mIoU';

/**
 * All that a run needs to go on, and inference to open the network, as one checkpoint.
 *
 * @param score mIoU of the evaluation that the checkpoint is kept for.
 */
export function runCheckpoint(
  { config, settings, classes }: RunDescription,
  state: TrainingState,
  step: number,
  score?: number,
): Checkpoint {
  const { mean, std } = settings.normalisation;
  const tensors = new Map<string, Tensor>(
    [...state].map(([name, value]) => [name, value as Tensor]),
  );
  if (score !== undefined) tensors.set(scoreName, tensor('float64', [], Float64Array.of(score)));
  return {
    metadata: {
      version: 1,
      network: { ...settings.network, atrousRates: [...settings.network.atrousRates] },
      labels: [...classes.labels],
      palette: classes.palette.map(three),
      ignoreValue: classes.ignoreValue,
      normalisation: { mean: three(mean), std: three(std) },
      size: [settings.width, settings.height],
      step,
      config,
    },
    tensors,
  };
}

/** The score that a checkpoint was kept for. */
export function scoreOf({ tensors }: Checkpoint): number | undefined {
  const score = tensors.get(scoreName)?.data[0];
  return score === undefined ? undefined : Number(score);
}

function three([first, second, third]: readonly [number, number, number]): [
  number,
  number,
  number,
] {
  return [first, second, third];
}
