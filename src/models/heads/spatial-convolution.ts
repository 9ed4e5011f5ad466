import type { Value } from '../../graph/graph.js';
import type { Rate } from '../geometry.js';
import type { Layers } from '../layers.js';
import type { NetworkPart } from '../parameters.js';
import { headBatchNorm } from './head.js';

export interface SpatialSettings {
  readonly filters: number;
  readonly rate?: Rate;
}

/** A 3x3 convolution in two, depthwise and 1x1, batch norm and relu behind each. */
export function separableConvolution(
  layers: Layers,
  x: Value,
  scope: string,
  part: NetworkPart,
  { filters, rate = 1 }: SpatialSettings,
): Value {
  const relu = { activation: 'relu', batchNorm: headBatchNorm } as const;
  const spatial = layers.depthwise(x, `${scope}_depthwise`, part, {
    rate,
    ...relu,
    initial: { kind: 'truncated-normal', deviation: 0.33 },
  });
  return layers.convolution(spatial, `${scope}_pointwise`, part, {
    filters,
    ...relu,
    initial: { kind: 'truncated-normal', deviation: 0.06 },
  });
}

/** A 3x3 convolution, batch norm and relu. */
export function plainConvolution(
  layers: Layers,
  x: Value,
  scope: string,
  part: NetworkPart,
  { filters, rate = 1 }: SpatialSettings,
): Value {
  return layers.convolution(x, scope, part, {
    filters,
    kernel: 3,
    rate,
    activation: 'relu',
    batchNorm: headBatchNorm,
    initial: { kind: 'xavier' },
  });
}
