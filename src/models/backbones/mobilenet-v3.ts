import { makeDivisible } from '../geometry.js';
import type { ActivationName } from '../layers.js';
import { type Backbone, type PixelNormalisation, signedPixels } from './backbone.js';
import {
  type InvertedResidual,
  invertedResiduals,
  type ResidualChain,
} from './inverted-residuals.js';

/** Kernel, inner channels, channels, whether squeezed, activation, nominal stride. */
export type Row = readonly [
  kernel: number,
  inner: number,
  channels: number,
  squeezed: boolean,
  activation: 'relu' | 'hard-swish',
  stride: number,
];

/**
 * Howard et al. 2019, tables 1 and 2, with the channels of the last stage halved as for segmentation
 * (section 6.4).
 */
export const largeRows: readonly Row[] = [
  [3, 16, 16, false, 'relu', 1],
  [3, 64, 24, false, 'relu', 2],
  [3, 72, 24, false, 'relu', 1],
  [5, 72, 40, true, 'relu', 2],
  [5, 120, 40, true, 'relu', 1],
  [5, 120, 40, true, 'relu', 1],
  [3, 240, 80, false, 'hard-swish', 2],
  [3, 200, 80, false, 'hard-swish', 1],
  [3, 184, 80, false, 'hard-swish', 1],
  [3, 184, 80, false, 'hard-swish', 1],
  [3, 480, 112, true, 'hard-swish', 1],
  [3, 672, 112, true, 'hard-swish', 1],
  [5, 336, 80, true, 'hard-swish', 2],
  [5, 480, 80, true, 'hard-swish', 1],
  [5, 480, 80, true, 'hard-swish', 1],
];

const smallRows: readonly Row[] = [
  [3, 16, 16, true, 'relu', 2],
  [3, 72, 24, false, 'relu', 2],
  [3, 88, 24, false, 'relu', 1],
  [5, 96, 40, true, 'hard-swish', 2],
  [5, 240, 40, true, 'hard-swish', 1],
  [5, 240, 40, true, 'hard-swish', 1],
  [5, 120, 48, true, 'hard-swish', 1],
  [5, 144, 48, true, 'hard-swish', 1],
  [5, 144, 48, true, 'hard-swish', 2],
  [5, 288, 48, true, 'hard-swish', 1],
  [5, 288, 48, true, 'hard-swish', 1],
];

/** What is done in more than one way under the same name. */
export interface Conventions
  extends Pick<ResidualChain, 'scope' | 'batchNorm' | 'padding' | 'lostStride' | 'lowLevel'> {
  readonly pixels: PixelNormalisation;
  readonly asppRates: readonly number[];
}

interface Variant {
  readonly rows: readonly Row[];
  /** Channels of the 1x1 convolution at the end. */
  readonly last: number;
  /** Without squeeze and excitation, hard swish and 5x5 kernels, for simple accelerators. */
  readonly minimalistic?: boolean;
}

const rootChannels = 16;

/** TensorFlow's release. */
const released: Conventions = {
  scope: 'MobilenetV3',
  batchNorm: { decay: 0.997, epsilon: 1e-3 },
  pixels: signedPixels,
  asppRates: [],
};

export function mobileNetV3(
  { rows, last, minimalistic = false }: Variant,
  { pixels, asppRates, ...conventions }: Conventions = released,
): Backbone {
  const { scope, batchNorm, padding = 'same' } = conventions;
  const allowed = (activation: ActivationName) => (minimalistic ? 'relu' : activation);
  return {
    pixels,
    asppRates,
    gridUnits: 0,
    build: (layers, image, { depthMultiplier, outputStride }) => {
      const scaled = (channels: number) => makeDivisible(channels * depthMultiplier, 8);
      const dense = { activation: allowed('hard-swish'), batchNorm };
      const root = layers.convolution(image, `${scope}/Conv`, 'backbone', {
        filters: scaled(rootChannels),
        kernel: 3,
        stride: 2,
        padding,
        ...dense,
      });
      const units = rows.map(
        ([kernel, inner, channels, squeezed, activation, stride], index): InvertedResidual => ({
          // The table's channels in between are multiples of those that come in.
          expansion: inner / (rows[index - 1]?.[2] ?? rootChannels),
          filters: scaled(channels),
          stride,
          kernel: minimalistic ? 3 : kernel,
          activation: allowed(activation),
          squeezeExcite: squeezed && !minimalistic,
        }),
      );
      const residuals = invertedResiduals(layers, root, { ...conventions, units, outputStride });
      const features = layers.convolution(residuals.features, `${scope}/Conv_1`, 'backbone', {
        filters: scaled(last),
        ...dense,
      });
      return { ...residuals, features };
    },
  };
}

export const mobileNetV3Large = mobileNetV3({ rows: largeRows, last: 480 });

export const mobileNetV3Small = mobileNetV3({ rows: smallRows, last: 288 });

export const mobileNetV3LargeMinimalistic = mobileNetV3({
  rows: largeRows,
  last: 480,
  minimalistic: true,
});

export const mobileNetV3SmallMinimalistic = mobileNetV3({
  rows: smallRows,
  last: 288,
  minimalistic: true,
});
