import { z } from 'zod';
import { augmentDefaults, augmentRanges } from '../../data/augment/augment-options.js';
import { interval, path, side } from './value-ranges.js';

const formats = ['folder', 'voc', 'cityscapes', 'ade20k', 'camvid', 'tfrecord'] as const;

const size = z.strictObject({ width: side, height: side });

/** A size; one number is a square. */
export const sizeOrSide = z.preprocess(
  (value) => (typeof value === 'number' ? { width: value, height: value } : value),
  size,
);

const patterns = z.array(z.string().min(1)).min(1).exactOptional();

/** The samples of a split that count, for parts of it that are held out. */
export const sampleChoice = {
  include: patterns.describe('Samples that count, by name, * for any characters; all unless set.'),
  exclude: patterns.describe('Samples that do not count, whatever include says.'),
};

export const dataset = z.strictObject({
  path: path.describe('Folder of the data set.'),
  format: z.enum(formats).exactOptional().describe('Layout of the folder; recognised unless set.'),
  labelSet: z
    .string()
    .exactOptional()
    .describe('Classes of TFRecord shards without a dataset.json.'),
  split: z.string().min(1).default('train').describe('The split that is trained on.'),
  ...sampleChoice,
  workers: z
    .number()
    .int()
    .min(0)
    .max(256)
    .default(1)
    .describe('Threads that decode and augment; 0 does it between the steps.'),
  cacheBytes: interval.default(2 ** 28).describe('Bytes of decoded pictures kept in memory.'),
});

const resize = z.strictObject({
  min: side.describe('Length of the shorter side, unless the longer one would exceed max.'),
  max: side.exactOptional().describe('Longest side allowed; any unless set.'),
  factor: side.exactOptional().describe('Both sides become multiples of it plus one.'),
  keepAspect: z
    .boolean()
    .default(true)
    .describe('Without it both sides become as long as the longer one.'),
});

function ranged(option: keyof typeof augmentRanges) {
  const [least, most] = augmentRanges[option];
  return z.number().min(least).max(most).default(augmentDefaults[option]);
}

const sample = z.number().min(0).max(255);

/** How training pictures are varied (`AugmentOptions`). */
export const augmentation = z.strictObject({
  resize: resize.exactOptional().describe('Brings pictures to a range of sizes before all else.'),
  minScale: ranged('minScale').describe('Smallest random scale.'),
  maxScale: ranged('maxScale').describe('Largest random scale.'),
  scaleStep: ranged('scaleStep').describe('Distance between scales; 0 for any scale between.'),
  flip: ranged('flip').describe('Probability of mirroring left and right.'),
  padColour: z
    .tuple([sample, sample, sample])
    .exactOptional()
    .describe("Colour around small pictures; the mean of the backbone's pictures unless set."),
  brightness: ranged('brightness').describe('All samples times a factor from 1 - b to 1 + b.'),
  contrast: ranged('contrast').describe('Distances from the mean luma likewise.'),
  saturation: ranged('saturation').describe("Distances from the pixel's luma likewise."),
  hue: ranged('hue').describe('Colours turned by up to this share of the circle either way.'),
  blur: ranged('blur').describe('Probability of a Gaussian blur.'),
  blurSigma: ranged('blurSigma').describe('Largest standard deviation of the blur in pixels.'),
});
