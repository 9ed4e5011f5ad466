import { makeDivisible } from '../geometry.js';
import type { BatchNormSettings } from '../layers.js';
import { type Backbone, signedPixels } from './backbone.js';
import { type InvertedResidual, invertedResiduals } from './inverted-residuals.js';

/** Expansion, channels, repeats, nominal stride (Sandler et al. 2018, table 2; without the last). */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

const batchNorm: BatchNormSettings = { decay: 0.997, epsilon: 1e-3 };
const scope = 'MobilenetV2';

/** MobileNetV2 up to its last inverted residual (320 channels at multiplier 1). */
export const mobileNetV2: Backbone = {
  pixels: signedPixels,
  asppRates: [],
  gridUnits: 0,
  build: (layers, image, { depthMultiplier, outputStride }) => {
    // The release rounds to multiples of 8 at multiplier 1 only.
    const scaled = (channels: number) =>
      makeDivisible(channels * depthMultiplier, depthMultiplier === 1 ? 8 : 1);
    const root = layers.convolution(image, `${scope}/Conv`, 'backbone', {
      filters: scaled(32),
      kernel: 3,
      stride: 2,
      activation: 'relu6',
      batchNorm,
    });
    const units = stages.flatMap(([expansion, channels, repeats, stride]) =>
      Array.from(
        { length: repeats },
        (_, index): InvertedResidual => ({
          expansion,
          filters: scaled(channels),
          stride: index === 0 ? stride : 1,
          activation: 'relu6',
        }),
      ),
    );
    return invertedResiduals(layers, root, { scope, units, outputStride, batchNorm });
  },
};
