import type { Value } from '../../graph/graph.js';
import type { Layers } from '../layers.js';
import { classLogits, type Head, type HeadInputs, type HeadSettings, ratesAt } from './head.js';

/** Output stride that the rates of DeepLab v1 and v2 are given for. */
export const ratesStride = 8;

/** Share of the activations of fc6 and fc7 that dropout keeps. */
const keep = 0.5;

/** Without batch norm, deep networks stall under Glorot's values (He et al. 2015, section 2.2). */
const initial = { kind: 'variance-scaling' } as const;

/** VGG's fully connected layers as convolutions: 3x3 at an atrous rate, then 1x1, a relu behind each. */
export function fullyConnected(
  layers: Layers,
  x: Value,
  rate: number,
  filters: number,
  suffix = '',
): Value {
  const settings = { filters, activation: 'relu', initial } as const;
  const wide = { ...settings, kernel: 3, rate };
  const fc6 = layers.biasedConvolution(x, `fc6${suffix}`, 'head', wide);
  const kept = layers.dropout(fc6, `fc6${suffix}/dropout`, keep);
  const fc7 = layers.biasedConvolution(kept, `fc7${suffix}`, 'head', settings);
  return layers.dropout(fc7, `fc7${suffix}/dropout`, keep);
}

const usual = {
  heeds: ['atrousRates', 'asppFilters'],
  defaults: { outputStride: 8, atrousRates: [12], asppFilters: 1024 },
  logitsStride: ({ outputStride }: HeadSettings) => outputStride,
} as const;

function largeFov(layers: Layers, { features }: HeadInputs, settings: HeadSettings): Value {
  const [rate = 1] = ratesAt(settings.atrousRates, ratesStride, settings.outputStride);
  return fullyConnected(layers, features.features, rate, settings.asppFilters);
}

/**
 * DeepLab v1 with a large field of view (Chen et al. 2015, "Semantic Image Segmentation with Deep
 * Convolutional Nets and Fully Connected CRFs", section 4.2, DeepLab-LargeFOV). The first rate counts.
 */
export const v1: Head = {
  ...usual,
  build: (layers, inputs, settings) =>
    classLogits(layers, largeFov(layers, inputs, settings), settings),
};

/** Channels that each scale adds. */
const scaleFilters = 128;

/**
 * The same with features of many scales (section 4.1, DeepLab-MSc-LargeFOV): two convolutions each on
 * the image and on every earlier stage's features, beside fc7.
 */
export const v1MultiScale: Head = {
  ...usual,
  build: (layers, inputs, settings) => {
    const deep = largeFov(layers, inputs, settings);
    const { outputStride } = settings;
    const settled = { filters: scaleFilters, activation: 'relu', initial } as const;
    const sources = [[1, inputs.image] as const, ...inputs.features.lowLevel];
    const scales = sources.map(([nominal, x], index) => {
      const scope = `multi_scale_${index}`;
      // Strides come out alike by any way: ceil(ceil(n / a) / b) is ceil(n / (a b)).
      const stride = outputStride / Math.min(nominal, outputStride);
      const wide = { ...settled, kernel: 3, stride };
      const first = layers.biasedConvolution(x, `${scope}/conv1`, 'head', wide);
      return layers.biasedConvolution(first, `${scope}/conv2`, 'head', settled);
    });
    const joined = layers.concatenate([deep, ...scales], 'multi_scale/concat');
    return classLogits(layers, joined, settings);
  },
};
