import type { Random } from '../../core/random.js';
import type { LabelMap, RgbImage, Size } from '../../image/index.js';
import type { CompleteAugmentOptions } from './augment-options.js';
import { blurPart } from './blur.js';
import { type CropAxis, cropAxis } from './crop-axis.js';
import { cropImage, type ImageRows } from './crop-image.js';
import { cropLabel } from './crop-label.js';
import { drawAugmentation } from './draw.js';
import { type CropPart, varyColour } from './vary-colour.js';

/** Where an augmented sample goes: crop width * height RGB pixels and label values. */
export interface AugmentTarget {
  /** Samples 0 to 255; floats are not rounded, in bytes the padding's 127.5 becomes 128. */
  readonly image: Float32Array | Uint8Array;
  readonly label: Uint8Array | Int32Array;
}

/** Augments one sample after the other; keeps its working memory. */
export type Augmenter = (
  image: RgbImage,
  label: LabelMap,
  random: Random,
  target: AugmentTarget,
) => void;

/**
 * DeepLab's preparation of training samples: resize to a range, random scale, pad at the bottom and
 * right, random crop, random flip; then, where configured, colour and blur, which leave the padding
 * as it is. Image and label move together; everything random is drawn from `random`.
 *
 * @param ignoreValue label value of the padding.
 */
export function createAugmenter(options: CompleteAugmentOptions, ignoreValue: number): Augmenter {
  const { crop } = options;
  let floats = new Float32Array(0);
  return (image, label, random, target) => {
    const drawn = drawAugmentation(options, image, random);
    const { resized, scaled } = drawn;
    // Two resizes in a row are not one: only the second is confined to the crop.
    const source = resizedImage(image, resized, options);
    const labels = resizedLabel(label, resized, ignoreValue);
    const columns = cropAxis(resized.width, scaled.width, drawn.cropX, crop.width, drawn.flipped);
    const rows = cropAxis(resized.height, scaled.height, drawn.cropY, crop.height, false);
    cropLabel(labels, columns, rows, target.label, crop.width, crop.height, ignoreValue);

    const inFloats = target.image instanceof Float32Array;
    if (!inFloats && floats.length === 0) floats = new Float32Array(crop.width * crop.height * 3);
    const pixels = target.image instanceof Float32Array ? target.image : floats;
    cropImage(source, columns, rows, pixels, crop.width, crop.height, options.padColour);
    const part = filledPart(columns, rows);
    varyColour(pixels, crop.width, part, drawn);
    if (drawn.blurSigma > 0) blurPart(pixels, crop.width, part, drawn.blurSigma);
    if (!inFloats) roundInto(pixels, target.image);
  };
}

function filledPart(columns: CropAxis, rows: CropAxis): CropPart {
  return {
    left: columns.first,
    top: rows.first,
    right: columns.first + columns.lower.length,
    bottom: rows.first + rows.lower.length,
  };
}

function resizedImage(image: RgbImage, size: Size, options: CompleteAugmentOptions): ImageRows {
  const { width, height } = size;
  if (width === image.width && height === image.height) return image;
  const data = new Float32Array(width * height * 3);
  const columns = cropAxis(image.width, width, 0, width, false);
  const rows = cropAxis(image.height, height, 0, height, false);
  cropImage(image, columns, rows, data, width, height, options.padColour);
  return { width, height, data };
}

function resizedLabel(label: LabelMap, size: Size, ignoreValue: number): LabelMap {
  const { width, height } = size;
  if (width === label.width && height === label.height) return label;
  const values = new Int32Array(width * height);
  const columns = cropAxis(label.width, width, 0, width, false);
  const rows = cropAxis(label.height, height, 0, height, false);
  cropLabel(label, columns, rows, values, width, height, ignoreValue);
  return { width, height, data: Uint16Array.from(values) };
}

function roundInto(samples: Float32Array, target: Float32Array | Uint8Array): void {
  for (let i = 0; i < samples.length; i++) target[i] = (samples[i] as number) + 0.5;
}
