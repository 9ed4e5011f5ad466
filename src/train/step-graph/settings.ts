import type { DeepLabSettings } from '../../models/deeplab.js';
import type { TrainedNetwork } from '../../weights/network-file.js';
import type { DistillationSettings } from '../losses/distillation.js';
import type { LossSettings } from '../losses/index.js';
import type { OptimizerSettings } from '../optimizers/index.js';
import type { RateFactors } from './rate-factors.js';

/** All that the graph of a training step depends on. */
export interface StepSettings {
  readonly network: DeepLabSettings;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  /** Label of pixels that do not count. */
  readonly ignoreValue: number;
  /** (pixel - mean) / std, per channel, pixels from 0 to 255. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly losses: readonly LossSettings[];
  /** A second head with losses of its own, which only training has; none unless told. */
  readonly auxiliary?: AuxiliarySettings;
  /** A trained network that this one learns from besides; none unless told. */
  readonly distillation?: DistillationSettings & { readonly teacher: TrainedNetwork };
  readonly optimizer: OptimizerSettings;
  /** L2 penalty on convolution weights: not on depthwise ones, batch norm and biases. */
  readonly weightDecay: number;
  /** Factors on the learning rate of the network's parts; all 1 unless told. */
  readonly rateFactors?: RateFactors;
  /** Factor on the gradients of the heads and the logits. */
  readonly lastLayerMultiplier: number;
  /** Factor on the gradients of biases. */
  readonly biasMultiplier: number;
  /** Largest norm of all gradients together; longer ones are scaled down to it. */
  readonly clipNorm?: number;
  readonly batchNorm: 'batch' | 'frozen';
  /** Whether activations are dropped where the network says so; yes unless told. */
  readonly dropout?: boolean;
  /** Decay of the moving average of all parameters, where one is kept. */
  readonly averageDecay?: number;
}

/** The auxiliary head: where its losses are taken, and how much they count. */
export interface AuxiliarySettings {
  /** Factor on its losses. */
  readonly weight: number;
  /** Channels of its convolution; a quarter of the features' unless told. */
  readonly filters?: number;
}
