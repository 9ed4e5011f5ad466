import type { Value } from '../graph/graph.js';
import { mobileNetV2 } from './backbones/mobilenet-v2.js';
import type { OutputStride } from './geometry.js';
import { aspp } from './heads/aspp.js';
import { decoder } from './heads/decoder.js';
import type { Layers } from './layers.js';

/** A DeepLab network, as plain data. */
export interface DeepLabSettings {
  readonly backbone: 'mobilenet-v2';
  /** Factor on the backbone's channel counts. */
  readonly depthMultiplier: number;
  readonly classes: number;
  readonly outputStride: OutputStride;
  /** `v3` ends in ASPP; `v3+` adds the decoder. */
  readonly head: 'v3' | 'v3+';
  /** Atrous rates of ASPP at output stride 16; none for the MobileNets of the release. */
  readonly atrousRates: readonly number[];
  /** Channels of each branch of ASPP and of their projection. */
  readonly asppFilters: number;
  /** Channels of the decoder's convolutions. */
  readonly decoderFilters: number;
}

export const deepLabDefaults: DeepLabSettings = {
  backbone: 'mobilenet-v2',
  depthMultiplier: 1,
  classes: 21,
  outputStride: 16,
  head: 'v3',
  atrousRates: [],
  asppFilters: 256,
  decoderFilters: 256,
};

const decoderStride = 4;

/**
 * Builds a network from a normalised image [N, 3, H, W] to class logits [N, classes, h, w], at the
 * output stride or, with a decoder, at stride 4.
 */
export function deepLab(layers: Layers, image: Value, settings: DeepLabSettings): Value {
  const { depthMultiplier, outputStride, classes, asppFilters, decoderFilters } = settings;
  const { features, lowLevel } = mobileNetV2(layers, image, { depthMultiplier, outputStride });
  const rates = settings.atrousRates.map((rate) => (rate * 16) / outputStride);
  let x = aspp(layers, features, { filters: asppFilters, rates });
  if (settings.head === 'v3+') {
    const size = [image.shape[2] ?? 1, image.shape[3] ?? 1] as const;
    x = decoder(layers, x, lowLevel, size, {
      outputStride: decoderStride,
      filters: decoderFilters,
    });
  }
  return layers.biasedConvolution(x, 'logits/semantic', 'logits', {
    filters: classes,
    initial: { kind: 'truncated-normal', deviation: 0.01 },
  });
}
