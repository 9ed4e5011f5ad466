import type { Value } from '../../graph/graph.js';
import type { Layers } from '../layers.js';
import { classLogits, type Head, type HeadSettings, ratesAt } from './head.js';
import { fullyConnected, ratesStride } from './large-fov.js';

/** Class logits of several branches, one for each rate, added up. */
function summed(
  { builder }: Layers,
  settings: HeadSettings,
  branch: (rate: number, suffix: string) => Value,
): Value {
  const rates = ratesAt(settings.atrousRates, ratesStride, settings.outputStride);
  return rates
    .map((rate, index) => branch(rate, index === 0 ? '' : `_${index}`))
    .reduce((a, b) => builder.add('Add', [a, b], {}, { name: 'logits/sum' }));
}

const defaults = { outputStride: 8, atrousRates: [6, 12, 18, 24] } as const;
const logitsStride = ({ outputStride }: HeadSettings) => outputStride;

/**
 * ASPP of DeepLab v2 on a ResNet (Chen et al. 2017, "DeepLab: Semantic Image Segmentation with Deep
 * Convolutional Nets, Atrous Convolution, and Fully Connected CRFs", section 3.2): 3x3 convolutions
 * at several rates straight to class logits, added up.
 */
export const v2: Head = {
  heeds: ['atrousRates'],
  defaults,
  logitsStride,
  build: (layers, { features }, settings) =>
    summed(layers, settings, (rate, suffix) =>
      classLogits(layers, features.features, settings, {
        scope: `logits/semantic${suffix}`,
        kernel: 3,
        rate,
      }),
    ),
};

/** ASPP of DeepLab v2 on VGG (figure 7): a branch of fc6, fc7 and class logits for each rate. */
export const v2FullyConnected: Head = {
  heeds: ['atrousRates', 'asppFilters'],
  defaults: { ...defaults, asppFilters: 1024 },
  logitsStride,
  build: (layers, { features }, settings) =>
    summed(layers, settings, (rate, suffix) => {
      const own = fullyConnected(layers, features.features, rate, settings.asppFilters, suffix);
      return classLogits(layers, own, settings, { scope: `logits/semantic${suffix}` });
    }),
};
