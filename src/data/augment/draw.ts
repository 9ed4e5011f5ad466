import type { Random } from '../../core/random.js';
import type { Size } from '../../image/index.js';
import type { CompleteAugmentOptions } from './augment-options.js';
import { randomScale, scaledBy, sizeInRange } from './scaled-size.js';

/** What is done to one sample. */
export interface Augmentation {
  /** Size after `resize`, before the random scale. */
  readonly resized: Size;
  /** Size after the random scale, before padding. */
  readonly scaled: Size;
  /** Top left pixel of the crop in the padded picture. */
  readonly cropX: number;
  readonly cropY: number;
  readonly flipped: boolean;
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Turn of the colour circle, in radians. */
  readonly hue: number;
  /** Standard deviation in pixels; 0 for no blur. */
  readonly blurSigma: number;
}

/**
 * Draws what is done to a sample of some size.
 *
 * Ten numbers are drawn whatever the options are, so that turning one thing on leaves the scales,
 * crops and flips of a seed as they were.
 */
export function drawAugmentation(
  options: CompleteAugmentOptions,
  size: Size,
  random: Random,
): Augmentation {
  const [scale, x, y, flip] = [
    random.uniform(),
    random.uniform(),
    random.uniform(),
    random.uniform(),
  ];
  const around = (spread: number): number => 1 + spread * (2 * random.uniform() - 1);
  const brightness = around(options.brightness);
  const contrast = around(options.contrast);
  const saturation = around(options.saturation);
  const hue = 2 * Math.PI * options.hue * (2 * random.uniform() - 1);
  const [blur, sigma] = [random.uniform(), random.uniform()];

  const resized = options.resize === undefined ? size : sizeInRange(size, options.resize);
  const factor = randomScale(options, scale);
  const scaled = factor === 1 ? resized : scaledBy(resized, factor);
  const { crop } = options;
  return {
    resized,
    scaled,
    cropX: Math.floor(x * (Math.max(0, scaled.width - crop.width) + 1)),
    cropY: Math.floor(y * (Math.max(0, scaled.height - crop.height) + 1)),
    flipped: flip < options.flip,
    brightness,
    contrast,
    saturation,
    hue,
    blurSigma: blur < options.blur ? 0.1 + sigma * (options.blurSigma - 0.1) : 0,
  };
}
