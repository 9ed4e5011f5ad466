import { GraphError } from '../../core/errors.js';
import type { Value } from '../../graph/graph.js';
import type { Layers } from '../layers.js';
import { type HeadInputs, type HeadSettings, headBatchNorm, lowLevelAt, sizeAt } from './head.js';
import { plainConvolution, separableConvolution } from './spatial-convolution.js';

/** Settings that the decoder heeds. */
export const decoderOptions = [
  'decoderFilters',
  'convolutions',
  'decoderStrides',
] as const satisfies readonly (keyof HeadSettings)[];

type DecoderSettings = Pick<HeadSettings, (typeof decoderOptions)[number]>;

/** Channels to which low-level features are cut down, so that they do not outweigh the others. */
const lowLevelFilters = 48;

const usualStrides = [4];

/** Output stride of what the decoder gives. */
export function decodedStride({ decoderStrides = usualStrides }: DecoderSettings): number {
  return decoderStrides.at(-1) ?? 0;
}

/**
 * The decoder of DeepLab v3+ (Chen et al. 2018, "Encoder-Decoder with Atrous Separable
 * Convolution", section 3.1): in each stage, enlarged features beside low-level ones and two
 * convolutions.
 */
export function decoder(
  layers: Layers,
  x: Value,
  inputs: HeadInputs,
  settings: DecoderSettings,
): Value {
  const { decoderStrides = usualStrides } = settings;
  const descend = decoderStrides.every((stride, at) => stride < (decoderStrides[at - 1] ?? 1e9));
  if (decoderStrides.length === 0 || !descend) {
    throw new GraphError({
      place: 'decoder',
      problem: 'its stages do not go from coarse to fine',
      expected: 'output strides that descend, at least one',
      found: `[${decoderStrides.join(', ')}]`,
    });
  }
  return decoderStrides.reduce(
    (features, stride, index) => stage(layers, features, inputs, settings, stride, index),
    x,
  );
}

function stage(
  layers: Layers,
  x: Value,
  { features, image }: HeadInputs,
  { decoderFilters: filters, convolutions }: DecoderSettings,
  outputStride: number,
  index: number,
): Value {
  const suffix = index === 0 ? '' : `_${index}`;
  const size = sizeAt(image, outputStride);
  const tap = lowLevelAt(features, outputStride, 'decoder');
  const projection = `decoder/feature_projection0${suffix}`;
  const projected = layers.convolution(tap, projection, 'decoder', {
    filters: lowLevelFilters,
    activation: 'relu',
    batchNorm: headBatchNorm,
  });
  const joined = layers.concatenate(
    [
      layers.resize(x, size, 'decoder/features'),
      layers.resize(projected, size, 'decoder/low_level'),
    ],
    'decoder/concat',
  );
  if (convolutions === 'plain') {
    const repeated = `decoder_conv0${suffix}`;
    const add = (value: Value, number: number) => {
      const scope = `decoder/${repeated}/${repeated}_${number}`;
      return plainConvolution(layers, value, scope, 'decoder', { filters });
    };
    return [1, 2].reduce(add, joined);
  }
  const add = (value: Value, number: number) => {
    const scope = `decoder/decoder_conv${number}${suffix}`;
    return separableConvolution(layers, value, scope, 'decoder', { filters });
  };
  return [0, 1].reduce(add, joined);
}
