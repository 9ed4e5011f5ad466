import type { Value } from '../../graph/graph.js';
import { atrousUnits, makeDivisible } from '../geometry.js';
import { maxPool, smooth } from '../pooling.js';
import { type Backbone, usualRates } from './backbone.js';

/** Channels and convolutions of the five stages (Simonyan and Zisserman 2015, configuration D). */
const stages = [
  [64, 2],
  [128, 2],
  [256, 3],
  [512, 3],
  [512, 3],
] as const;

const scope = 'vgg_16';

/**
 * VGG-16 as DeepLab v1 and v2 take it (Chen et al. 2015): without batch norm, pooling by 3x3 windows,
 * an average over 3x3 pixels behind it; fc6 and fc7 belong to the head.
 *
 * Low-level features are the pools' outputs. Caffe's even image sizes give one pixel more there;
 * those of the papers, 32 k + 1, give the same.
 */
export const vgg16: Backbone = {
  pixels: { mean: [122.675, 116.669, 104.008], std: [1, 1, 1] },
  asppRates: usualRates,
  gridUnits: 0,
  build: (layers, image, { depthMultiplier, outputStride }) => {
    // Convolutions and pool of each stage by turns.
    const nominal = stages.flatMap(() => [1, 2]);
    const geometry = atrousUnits(nominal, outputStride, 1);
    const lowLevel = new Map<number, Value>();
    let x = image;
    let penultimate = image;
    stages.forEach(([channels, convolutions], stage) => {
      const { rate = 1 } = geometry[2 * stage] ?? {};
      const { stride = 1 } = geometry[2 * stage + 1] ?? {};
      const number = stage + 1;
      penultimate = x;
      for (let index = 1; index <= convolutions; index++) {
        const name = `${scope}/conv${number}/conv${number}_${index}`;
        x = layers.biasedConvolution(x, name, 'backbone', {
          filters: makeDivisible(channels * depthMultiplier, 1),
          kernel: 3,
          rate,
          activation: 'relu',
          // Without batch norm, deep networks stall under Glorot's (He et al. 2015, section 2.2).
          initial: { kind: 'variance-scaling' },
        });
      }
      x = maxPool(layers, x, `${scope}/pool${number}`, { kernel: 3, stride });
      if (number < stages.length) lowLevel.set(2 ** number, x);
    });
    return { features: smooth(layers, x, `${scope}/pool5a`), penultimate, lowLevel };
  },
};
