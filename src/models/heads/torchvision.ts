import { type AsppConventions, aspp } from './aspp.js';
import { classLogits, type Head } from './head.js';
import { liteReducedAspp } from './lr-aspp.js';
import { plainConvolution } from './spatial-convolution.js';

const conventions: AsppConventions = { imageFeatures: 'last', keep: 0.5 };

/**
 * DeepLab v3 as torchvision has it: ASPP of plain convolutions, one more of them behind it, and no
 * corners aligned in resizing.
 */
export const v3Torchvision: Head = {
  heeds: ['atrousRates', 'asppFilters', 'imageFeatures'],
  defaults: {},
  resize: 'half_pixel',
  logitsStride: ({ outputStride }) => outputStride,
  build: (layers, { features }, settings) => {
    const plain = { ...settings, convolutions: 'plain' } as const;
    const joined = aspp(layers, features.features, plain, conventions);
    const { asppFilters: filters } = settings;
    const inner = plainConvolution(layers, joined, 'classifier/conv', 'head', { filters });
    return classLogits(layers, inner, settings);
  },
};

/** LR-ASPP as torchvision has it: weighted by the mean of the whole image, by a smooth gate. */
export const lrAsppTorchvision: Head = liteReducedAspp({
  outputStride: 16,
  resize: 'half_pixel',
  gate: (layers, features, { asppFilters: filters }) =>
    layers.bareConvolution(layers.imageMean(features), 'image_pooling', 'head', {
      filters,
      activation: 'sigmoid',
      initial: { kind: 'xavier' },
    }),
});
