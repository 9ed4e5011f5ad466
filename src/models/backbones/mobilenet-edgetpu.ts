import { makeDivisible } from '../geometry.js';
import type { BatchNormSettings } from '../layers.js';
import { type Backbone, signedPixels } from './backbone.js';
import { type InvertedResidual, invertedResiduals } from './inverted-residuals.js';

/** Units alike, of which only the first has the stride. */
interface Stage {
  readonly expansion: number;
  readonly channels: number;
  readonly repeats?: number;
  readonly stride?: number;
  readonly kernel?: number;
  readonly fused?: boolean;
  readonly residual?: boolean;
}

const stages: readonly Stage[] = [
  { expansion: 1, channels: 16, fused: true },
  { expansion: 8, channels: 32, stride: 2, fused: true },
  { expansion: 4, channels: 32, repeats: 3, fused: true },
  { expansion: 8, channels: 48, stride: 2, fused: true },
  { expansion: 4, channels: 48, repeats: 3, fused: true },
  { expansion: 8, channels: 96, stride: 2 },
  { expansion: 4, channels: 96, repeats: 3 },
  { expansion: 8, channels: 96, residual: false },
  { expansion: 4, channels: 96, repeats: 3 },
  { expansion: 8, channels: 160, stride: 2, kernel: 5 },
  { expansion: 4, channels: 160, repeats: 3, kernel: 5 },
  { expansion: 8, channels: 192 },
];

const scope = 'MobilenetEdgeTPU';
const batchNorm: BatchNormSettings = { decay: 0.997, epsilon: 1e-3 };

/**
 * MobileNet-EdgeTPU (Xiong et al. 2020): inverted residuals whose expansions in the early stages are
 * dense 3x3 convolutions, which matrix units do faster than depthwise ones.
 */
export const mobileNetEdgeTpu: Backbone = {
  pixels: signedPixels,
  asppRates: [],
  gridUnits: 0,
  build: (layers, image, { depthMultiplier, outputStride }) => {
    const scaled = (channels: number) => makeDivisible(channels * depthMultiplier, 8);
    const dense = { activation: 'relu', batchNorm } as const;
    const root = layers.convolution(image, `${scope}/Conv`, 'backbone', {
      filters: scaled(32),
      kernel: 3,
      stride: 2,
      ...dense,
    });
    const units = stages.flatMap(({ channels, repeats = 1, stride = 1, ...unit }) =>
      Array.from(
        { length: repeats },
        (_, index): InvertedResidual => ({
          ...unit,
          filters: scaled(channels),
          stride: index === 0 ? stride : 1,
          activation: 'relu',
        }),
      ),
    );
    const residuals = invertedResiduals(layers, root, { scope, units, outputStride, batchNorm });
    // As wide at every multiplier: so it is in the released slim network.
    const features = layers.convolution(residuals.features, `${scope}/Conv_1`, 'backbone', {
      filters: 1280,
      ...dense,
    });
    return { ...residuals, features };
  },
};
