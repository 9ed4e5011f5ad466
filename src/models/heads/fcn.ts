import type { Value } from '../../graph/graph.js';
import type { Layers } from '../layers.js';
import { headBatchNorm } from './head.js';

export interface FcnSettings {
  readonly classes: number;
  /** Channels between the two convolutions; a quarter of the features' unless told. */
  readonly filters?: number;
}

/**
 * The head of a fully convolutional network (Long et al. 2015) as an auxiliary classifier has it in
 * torchvision's DeepLab: 3x3 convolution, batch norm, relu, dropout, 1x1 class logits.
 */
export function fcn(
  layers: Layers,
  features: Value,
  scope: string,
  { classes, filters = Math.max(1, Math.floor((features.shape[1] ?? 0) / 4)) }: FcnSettings,
): Value {
  const inner = layers.convolution(features, `${scope}/conv`, 'head', {
    filters,
    kernel: 3,
    activation: 'relu',
    batchNorm: headBatchNorm,
    initial: { kind: 'xavier' },
  });
  const kept = layers.dropout(inner, `${scope}/dropout`);
  return layers.biasedConvolution(kept, `${scope}/logits`, 'logits', {
    filters: classes,
    initial: { kind: 'truncated-normal', deviation: 0.01 },
  });
}
