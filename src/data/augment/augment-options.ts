import { OptionError } from '../../core/errors.js';
import { midGrey, type Rgb, type Size } from '../../image/index.js';

/** Bringing pictures of very different sizes to a range of sizes, before all else. */
export interface ResizeRange {
  /** Length of the shorter side, unless the longer one would exceed `max`. */
  readonly min: number;
  /** Longest side allowed; left out, any. */
  readonly max?: number;
  /** Both sides become multiples of this plus one. */
  readonly factor?: number;
  /** False makes both sides as long as the longer one. Defaults to true. */
  readonly keepAspect?: boolean;
}

/** How training pictures are varied; the defaults are DeepLab's. */
export interface AugmentOptions {
  /** Size of what the network sees; DeepLab wants sides of k * output stride + 1, such as 513. */
  readonly crop: Size;
  /** DeepLab: 513 for ADE20K, otherwise left out. */
  readonly resize?: ResizeRange;
  /** Smallest and largest random scale, above 0. Defaults to 0.5 and 2. */
  readonly minScale?: number;
  readonly maxScale?: number;
  /** Distance between scales; 0 for any scale between. Defaults to 0.25. */
  readonly scaleStep?: number;
  /** Probability of mirroring left and right, 0 to 1. Defaults to 0.5. */
  readonly flip?: number;
  /**
   * Colour around pictures that are smaller than the crop. Defaults to mid-grey, 127.5, which
   * becomes 0 when normalised.
   */
  readonly padColour?: Rgb;
  /** All samples times a factor from 1 - b to 1 + b; b from 0 to 1. Defaults to 0, off. */
  readonly brightness?: number;
  /** Distances from the mean luma times a factor from 1 - c to 1 + c; 0 to 1. Defaults to 0. */
  readonly contrast?: number;
  /** Distances from the pixel's luma times a factor from 1 - s to 1 + s; 0 to 1. Defaults to 0. */
  readonly saturation?: number;
  /** Colours turned by up to this share of the colour circle either way; 0 to 0.5. Defaults to 0. */
  readonly hue?: number;
  /** Probability of a Gaussian blur, 0 to 1. Defaults to 0. */
  readonly blur?: number;
  /** Largest standard deviation of the blur in pixels, 0.1 to 5; drawn from 0.1 on. Defaults to 2. */
  readonly blurSigma?: number;
}

/** Every option, checked. */
export type CompleteAugmentOptions = Required<Omit<AugmentOptions, 'resize'>> & {
  readonly resize: ResizeRange | undefined;
};

/** The defaults of all options but `crop`. */
export const augmentDefaults = {
  minScale: 0.5,
  maxScale: 2,
  scaleStep: 0.25,
  flip: 0.5,
  padColour: [midGrey, midGrey, midGrey],
  brightness: 0,
  contrast: 0,
  saturation: 0,
  hue: 0,
  blur: 0,
  blurSigma: 2,
} as const satisfies Omit<AugmentOptions, 'crop' | 'resize'>;

/** Options that leave a picture as it is but for padding and cropping. */
export const noAugmentation = {
  minScale: 1,
  maxScale: 1,
  flip: 0,
} as const satisfies Omit<AugmentOptions, 'crop'>;

/** Ranges of the options that are plain numbers. */
export const augmentRanges = {
  minScale: [0.01, 100],
  maxScale: [0.01, 100],
  scaleStep: [0, 100],
  flip: [0, 1],
  brightness: [0, 1],
  contrast: [0, 1],
  saturation: [0, 1],
  hue: [0, 0.5],
  blur: [0, 1],
  blurSigma: [0.1, 5],
} as const;

/** @throws OptionError naming the first option that is out of range. */
export function completeAugmentOptions(options: AugmentOptions): CompleteAugmentOptions {
  const complete = { resize: undefined, ...augmentDefaults, ...options };
  for (const [name, [least, most]] of Object.entries(augmentRanges)) {
    checkRange(name, complete[name as keyof typeof augmentRanges], least, most);
  }
  const { crop, resize, minScale, maxScale, padColour } = complete;
  for (const side of ['width', 'height'] as const) checkWhole(`crop ${side}`, crop[side]);
  if (minScale > maxScale) {
    throw new OptionError({
      place: 'minScale',
      problem: 'larger than maxScale',
      found: `${minScale} and ${maxScale}`,
    });
  }
  for (const sample of padColour) checkRange('padColour', sample, 0, 255);
  if (resize !== undefined) {
    checkWhole('resize min', resize.min);
    if (resize.max !== undefined) checkWhole('resize max', resize.max);
    if (resize.factor !== undefined) checkWhole('resize factor', resize.factor);
  }
  return complete;
}

function checkRange(place: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new OptionError({
    place,
    problem: 'out of range',
    expected: `${least} to ${most}`,
    found: `${value}`,
  });
}

/** Largest side of a crop or range: beyond it, memory would end before training begins. */
const longestSide = 16_384;

function checkWhole(place: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= longestSide) return;
  throw new OptionError({
    place,
    problem: 'not a number of pixels',
    expected: `a whole number from 1 to ${longestSide}`,
    found: `${value}`,
  });
}
