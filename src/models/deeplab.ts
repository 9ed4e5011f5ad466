import type { Value } from '../graph/graph.js';
import type { Features } from './backbones/features.js';
import { mobileNetV2 } from './backbones/mobilenet-v2.js';
import { type OutputStride, scaledSide, strideSize } from './geometry.js';
import { aspp } from './heads/aspp.js';
import { decoder } from './heads/decoder.js';
import { type FcnSettings, fcn } from './heads/fcn.js';
import { type ImagePyramidSettings, mergedLogits, scaledImage } from './image-pyramid.js';
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
  /**
   * Scales at which the network sees the image, with the same parameters at all of them; their
   * logits are merged (Chen et al. 2016, "Attention to Scale", section 3).
   */
  readonly imagePyramid: ImagePyramidSettings;
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
  imagePyramid: { scales: [1], merge: 'max' },
};

/** All that losses are taken of. */
export interface DeepLabOutputs {
  /** What the network answers: [N, classes, h, w], merged where there are several scales. */
  readonly logits: Value;
  /** The logits of each scale, of the same shape; none where there is one scale. */
  readonly scales: readonly Value[];
  /** Logits of the auxiliary head at each scale, at the stride of its features; none without one. */
  readonly auxiliary: readonly Value[];
}

const decoderStride = 4;

/**
 * Builds a network from a normalised image [N, 3, H, W] to class logits [N, classes, h, w], at the
 * output stride or, with a decoder, at stride 4.
 */
export function deepLab(layers: Layers, image: Value, settings: DeepLabSettings): Value {
  return deepLabOutputs(layers, image, settings).logits;
}

/**
 * Builds a network as `deepLab` does, for training.
 *
 * @param auxiliary a second head, on the features before the backbone's last stage (Zhao et al. 2017,
 *   "Pyramid Scene Parsing Network", section 3.3). It adds parameters after the network's own, under
 *   `auxiliary`, and changes no logits.
 */
export function deepLabOutputs(
  layers: Layers,
  image: Value,
  settings: DeepLabSettings,
  auxiliary?: Omit<FcnSettings, 'classes'>,
): DeepLabOutputs {
  const { scales, merge } = settings.imagePyramid;
  const size = logitsSize(image, settings);
  const passes = scales.map((scale, index) => {
    const own = layers.again(index);
    const { logits, penultimate } = atOneScale(own, scaledImage(own, image, scale), settings);
    return {
      logits: own.resize(logits, size, 'logits/scaled'),
      auxiliary:
        auxiliary === undefined
          ? []
          : [fcn(own, penultimate, 'auxiliary', { ...auxiliary, classes: settings.classes })],
    };
  });
  const logits = passes.map((pass) => pass.logits);
  return {
    logits: mergedLogits(layers, logits, merge),
    scales: logits.length > 1 ? logits : [],
    auxiliary: passes.flatMap((pass) => pass.auxiliary),
  };
}

/** Height and width of the logits: those of the largest scale, or of the image where that is more. */
function logitsSize(
  { shape }: Value,
  { imagePyramid, head, outputStride }: DeepLabSettings,
): readonly [number, number] {
  const largest = Math.max(1, ...imagePyramid.scales);
  const stride = head === 'v3+' ? decoderStride : outputStride;
  const along = (side: number) => strideSize(scaledSide(side, largest), stride);
  return [along(shape[2] ?? 1), along(shape[3] ?? 1)];
}

function atOneScale(
  layers: Layers,
  image: Value,
  settings: DeepLabSettings,
): Pick<Features, 'penultimate'> & { readonly logits: Value } {
  const { depthMultiplier, outputStride, classes, asppFilters, decoderFilters } = settings;
  const backbone = mobileNetV2(layers, image, { depthMultiplier, outputStride });
  const rates = settings.atrousRates.map((rate) => (rate * 16) / outputStride);
  let x = aspp(layers, backbone.features, { filters: asppFilters, rates });
  if (settings.head === 'v3+') {
    const size = [image.shape[2] ?? 1, image.shape[3] ?? 1] as const;
    x = decoder(layers, x, backbone.lowLevel, size, {
      outputStride: decoderStride,
      filters: decoderFilters,
    });
  }
  const logits = layers.biasedConvolution(x, 'logits/semantic', 'logits', {
    filters: classes,
    initial: { kind: 'truncated-normal', deviation: 0.01 },
  });
  return { logits, penultimate: backbone.penultimate };
}
