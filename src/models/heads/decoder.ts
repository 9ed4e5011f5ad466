import { GraphError } from '../../core/errors.js';
import type { Value } from '../../graph/graph.js';
import type { Features } from '../backbones/features.js';
import { strideSize } from '../geometry.js';
import type { Layers } from '../layers.js';
import { headBatchNorm } from './aspp.js';

export interface DecoderSettings {
  /** Output stride of the low-level features that are taken in. */
  readonly outputStride: number;
  readonly filters: number;
}

/** Channels to which low-level features are cut down, so that they do not outweigh the others. */
const lowLevelFilters = 48;

/**
 * The decoder of DeepLab v3+ (Chen et al. 2018, "Encoder-Decoder with Atrous Separable
 * Convolution", section 3.1): enlarged features beside low-level ones, two separable convolutions.
 *
 * @param imageSize [height, width] of the network's input.
 */
export function decoder(
  layers: Layers,
  x: Value,
  lowLevel: Features['lowLevel'],
  imageSize: readonly [number, number],
  { outputStride, filters }: DecoderSettings,
): Value {
  const tap = lowLevel.get(outputStride);
  if (tap === undefined) {
    throw new GraphError({
      place: 'decoder',
      problem: `no low-level features at output stride ${outputStride}`,
      expected: [...lowLevel.keys()].join(', '),
    });
  }
  const batchNorm = headBatchNorm;
  const size = [
    strideSize(imageSize[0], outputStride),
    strideSize(imageSize[1], outputStride),
  ] as const;
  const relu = { activation: 'relu', batchNorm } as const;
  const projected = layers.convolution(tap, 'decoder/feature_projection0', 'decoder', {
    filters: lowLevelFilters,
    ...relu,
  });
  let joined = layers.concatenate(
    [
      layers.resize(x, size, 'decoder/features'),
      layers.resize(projected, size, 'decoder/low_level'),
    ],
    'decoder/concat',
  );
  for (const index of [0, 1]) {
    const scope = `decoder/decoder_conv${index}`;
    const spatial = layers.depthwise(joined, `${scope}_depthwise`, 'decoder', {
      ...relu,
      initial: { kind: 'truncated-normal', deviation: 0.33 },
    });
    joined = layers.convolution(spatial, `${scope}_pointwise`, 'decoder', {
      filters,
      ...relu,
      initial: { kind: 'truncated-normal', deviation: 0.06 },
    });
  }
  return joined;
}
