import type { Value } from '../../graph/graph.js';
import type { BatchNormSettings, Layers } from '../layers.js';

/** Batch norm of ASPP and decoder. */
export const headBatchNorm: BatchNormSettings = { decay: 0.9997, epsilon: 1e-5 };

export interface AsppSettings {
  readonly filters: number;
  /** Atrous rates of the 3x3 branches; none for the MobileNets. */
  readonly rates: readonly number[];
}

/**
 * Atrous spatial pyramid pooling with image-level features (Chen et al. 2017, "Rethinking Atrous
 * Convolution", section 3.3): image pooling, a 1x1 branch, separable 3x3 branches at several rates,
 * joined by a 1x1 projection.
 */
export function aspp(layers: Layers, features: Value, { filters, rates }: AsppSettings): Value {
  const size = [features.shape[2] ?? 1, features.shape[3] ?? 1] as const;
  const batchNorm = headBatchNorm;
  const pointwise = { filters, activation: 'relu', batchNorm } as const;
  const initial = { kind: 'xavier' } as const;
  const pooled = layers.convolution(layers.imageMean(features), 'image_pooling', 'head', {
    ...pointwise,
    initial,
  });
  const branches = [
    layers.spread(pooled, size),
    layers.convolution(features, 'aspp0', 'head', { ...pointwise, initial }),
    ...rates.map((rate, index) => {
      const scope = `aspp${index + 1}`;
      const depthwise = layers.depthwise(features, `${scope}_depthwise`, 'head', {
        rate,
        activation: 'relu',
        batchNorm,
        initial: { kind: 'truncated-normal', deviation: 0.33 },
      });
      return layers.convolution(depthwise, `${scope}_pointwise`, 'head', {
        ...pointwise,
        initial: { kind: 'truncated-normal', deviation: 0.06 },
      });
    }),
  ];
  const joined = layers.concatenate(branches, 'aspp/concat');
  const projected = layers.convolution(joined, 'concat_projection', 'head', {
    ...pointwise,
    initial,
  });
  return layers.dropout(projected, 'concat_projection/dropout');
}
