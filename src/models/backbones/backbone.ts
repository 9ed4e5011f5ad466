import type { Value } from '../../graph/graph.js';
import type { OutputStride } from '../geometry.js';
import type { Layers } from '../layers.js';
import type { Features } from './features.js';

/** What every backbone can be built with, as plain data. */
export interface BackboneSettings {
  /** Factor on the backbone's channel counts. */
  readonly depthMultiplier: number;
  readonly outputStride: OutputStride;
  /**
   * Factors on the atrous rates of the units of the last stage (Chen et al. 2017, "Rethinking Atrous
   * Convolution", section 3.2.1), one for each; 1 unless told. For ResNet and Xception.
   */
  readonly multiGrid?: readonly number[];
}

/** What pixels from 0 to 255 become, per channel of RGB: (pixel - mean) / std. */
export interface PixelNormalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** A network that turns a normalised image [N, 3, H, W] into features. */
export interface Backbone {
  readonly pixels: PixelNormalisation;
  /** Rates of ASPP's 3x3 branches at output stride 16; the mobile ones of the release have none. */
  readonly asppRates: readonly number[];
  /** Units of the last stage that multi-grid has factors for; 0 where there is no multi-grid. */
  readonly gridUnits: number;
  readonly build: (layers: Layers, image: Value, settings: BackboneSettings) => Features;
}

/** To the range from -1 to 1. */
export const signedPixels: PixelNormalisation = {
  mean: [127.5, 127.5, 127.5],
  std: [127.5, 127.5, 127.5],
};

/** By mean and deviation of ImageNet's channels (0.485, 0.456, 0.406; 0.229, 0.224, 0.225). */
export const imageNetPixels: PixelNormalisation = {
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};

/** Rates of ASPP at output stride 16 (Chen et al. 2017, "Rethinking Atrous Convolution"). */
export const usualRates: readonly number[] = [6, 12, 18];
