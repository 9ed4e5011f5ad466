import { type Random, seededRandom } from '../core/random.js';
import { type LabelMap, labelMap, type RgbImage, rgbImage } from '../image/image.js';
import { type ClassPlanes, unaryFromLabels } from './unary.js';

/** A picture of an ellipse and a bar on a background, with sensor noise; and its true labels. */
export function scene(
  width: number,
  height: number,
  seed = 1,
  noise = 4,
): { readonly image: RgbImage; readonly truth: LabelMap } {
  const random = seededRandom(seed);
  const image = rgbImage(width, height);
  const truth = labelMap(width, height);
  const colours = [
    [70, 90, 120],
    [200, 160, 60],
    [40, 150, 70],
  ] as const;
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const inEllipse = Math.hypot((x / width - 0.35) / 0.22, (y / height - 0.5) / 0.32) < 1;
      const inBar = x / width > 0.7 && x / width < 0.85 && y / height > 0.1;
      const label = inEllipse ? 1 : inBar ? 2 : 0;
      truth.data[pixel] = label;
      for (const [channel, level] of (colours[label] ?? colours[0]).entries()) {
        image.data[pixel * 3 + channel] = level + noise * random.normal();
      }
    }
  }
  return { image, truth };
}

/** The labels with a share of wrong ones. */
export function withErrors(truth: LabelMap, classes: number, share: number, seed = 2): LabelMap {
  const random = seededRandom(seed);
  const data = Uint8Array.from(truth.data, (label) =>
    random.uniform() < share ? random.integer(0, classes - 1) : label,
  );
  return { ...truth, data };
}

/** A scene with labels of which three in ten are drawn anew, and their energies. */
export function noisyScene(
  width: number,
  height: number,
): ReturnType<typeof scene> & { readonly noisy: LabelMap; readonly unary: ClassPlanes } {
  const { image, truth } = scene(width, height);
  const noisy = withErrors(truth, 3, 0.3);
  return { image, truth, noisy, unary: unaryFromLabels(noisy, 3) };
}

/** A picture of nothing but noise. */
export function noiseImage(width: number, height: number, random: Random): RgbImage {
  const image = rgbImage(width, height);
  for (let at = 0; at < image.data.length; at++) image.data[at] = random.integer(0, 255);
  return image;
}

export function randomEnergies(
  classes: number,
  width: number,
  height: number,
  random: Random,
  spread = 2,
): ClassPlanes {
  const data = Float32Array.from({ length: classes * width * height }, () =>
    Math.abs(spread * random.normal()),
  );
  return { data, classes, height, width };
}

/** Intersection over union of one label, 0 to 1. */
export function overlap(found: LabelMap, truth: LabelMap, label: number): number {
  let both = 0;
  let either = 0;
  for (let pixel = 0; pixel < truth.data.length; pixel++) {
    const a = found.data[pixel] === label;
    const b = truth.data[pixel] === label;
    if (a && b) both++;
    if (a || b) either++;
  }
  return both / either;
}
