import type { Value } from '../graph/graph.js';
import type { Features } from './backbones/features.js';
import { backbones } from './backbones/index.js';
import { scaledSide, strideSize } from './geometry.js';
import { type FcnSettings, fcn } from './heads/fcn.js';
import { sizeOf } from './heads/head.js';
import { heads } from './heads/index.js';
import { mergedLogits, scaledImage } from './image-pyramid.js';
import type { Layers } from './layers.js';
import { checkSettings, type DeepLabSettings } from './settings.js';

export { type DeepLabSettings, deepLabDefaults } from './settings.js';

/** All that losses are taken of. */
export interface DeepLabOutputs {
  /** What the network answers: [N, classes, h, w], merged where there are several scales. */
  readonly logits: Value;
  /** The logits of each scale, of the same shape; none where there is one scale. */
  readonly scales: readonly Value[];
  /** Logits of the auxiliary head at each scale, at the stride of its features; none without one. */
  readonly auxiliary: readonly Value[];
}

/**
 * Builds a network from a normalised image [N, 3, H, W] to class logits [N, classes, h, w], at the
 * stride that its head gives them.
 *
 * @throws OptionError for settings that do not go together; GraphError where they cannot be built.
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
  checkSettings(settings);
  const { scales, merge } = settings.imagePyramid;
  const { resize } = heads[settings.head];
  const size = logitsSize(image, settings);
  const passes = scales.map((scale, index) => {
    const own = layers.again(index);
    const { logits, penultimate } = atOneScale(own, scaledImage(own, image, scale), settings);
    return {
      logits: own.resize(logits, size, 'logits/scaled', resize),
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
function logitsSize(image: Value, settings: DeepLabSettings): readonly [number, number] {
  const largest = Math.max(1, ...settings.imagePyramid.scales);
  const stride = heads[settings.head].logitsStride(settings);
  const [height, width] = sizeOf(image);
  const along = (side: number) => strideSize(scaledSide(side, largest), stride);
  return [along(height), along(width)];
}

function atOneScale(
  layers: Layers,
  image: Value,
  settings: DeepLabSettings,
): Pick<Features, 'penultimate'> & { readonly logits: Value } {
  const features = backbones[settings.backbone].build(layers, image, settings);
  const logits = heads[settings.head].build(layers, { features, image }, settings);
  return { logits, penultimate: features.penultimate };
}
