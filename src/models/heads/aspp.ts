import type { Value } from '../../graph/graph.js';
import type { Layers } from '../layers.js';
import { type HeadSettings, headBatchNorm, ratesAt, sizeOf } from './head.js';
import { plainConvolution, separableConvolution } from './spatial-convolution.js';

/** Output stride that the rates of ASPP and dense prediction cell are given for. */
export const ratesStride = 16;

/** Settings that ASPP heeds. */
export const asppOptions = [
  'atrousRates',
  'asppFilters',
  'imageFeatures',
  'convolutions',
] as const satisfies readonly (keyof HeadSettings)[];

/** What differs between ASPPs of the same settings. */
export interface AsppConventions {
  /** Where the image-level features stand among the branches. */
  readonly imageFeatures: 'first' | 'last';
  /** Share of what comes out that dropout keeps. */
  readonly keep: number;
}

/** TensorFlow's release. */
const released: AsppConventions = { imageFeatures: 'first', keep: 0.9 };

/**
 * Atrous spatial pyramid pooling with image-level features (Chen et al. 2017, "Rethinking Atrous
 * Convolution", section 3.3): image pooling, a 1x1 branch, 3x3 branches at several rates, joined by a
 * 1x1 projection.
 */
export function aspp(
  layers: Layers,
  features: Value,
  settings: Pick<HeadSettings, (typeof asppOptions)[number] | 'outputStride'>,
  conventions: AsppConventions = released,
): Value {
  const { asppFilters: filters, outputStride, imageFeatures = true } = settings;
  const convolution = settings.convolutions === 'plain' ? plainConvolution : separableConvolution;
  const pointwise = {
    filters,
    activation: 'relu',
    batchNorm: headBatchNorm,
    initial: { kind: 'xavier' },
  } as const;
  const pooled = () => {
    const mean = layers.imageMean(features);
    const channels = layers.convolution(mean, 'image_pooling', 'head', pointwise);
    return layers.spread(channels, sizeOf(features));
  };
  const whole = (place: AsppConventions['imageFeatures']) =>
    imageFeatures && conventions.imageFeatures === place ? [pooled()] : [];
  const branches = [
    ...whole('first'),
    layers.convolution(features, 'aspp0', 'head', pointwise),
    ...ratesAt(settings.atrousRates, ratesStride, outputStride).map((rate, index) =>
      convolution(layers, features, `aspp${index + 1}`, 'head', { filters, rate }),
    ),
    ...whole('last'),
  ];
  const joined = layers.concatenate(branches, 'aspp/concat');
  const projected = layers.convolution(joined, 'concat_projection', 'head', pointwise);
  return layers.dropout(projected, 'concat_projection/dropout', conventions.keep);
}
