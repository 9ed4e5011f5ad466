import { OptionError } from '../core/errors.js';

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** The colour of each class, by class index. */
export type Palette = readonly Rgb[];

/** Colour of pixels that belong to no class, as in the label files of PASCAL VOC. */
export const voidColour: Rgb = [224, 224, 192];

/** Colours of the 19 Cityscapes classes, from road to bicycle. */
export const cityscapesPalette: Palette = [
  [128, 64, 128],
  [244, 35, 232],
  [70, 70, 70],
  [102, 102, 156],
  [190, 153, 153],
  [153, 153, 153],
  [250, 170, 30],
  [220, 220, 0],
  [107, 142, 35],
  [152, 251, 152],
  [70, 130, 180],
  [220, 20, 60],
  [255, 0, 0],
  [0, 0, 142],
  [0, 0, 70],
  [0, 60, 100],
  [0, 80, 100],
  [0, 0, 230],
  [119, 11, 32],
];

/** Colours of the 11 CamVid classes, from sky to bicyclist. */
export const camvidPalette: Palette = [
  [128, 128, 128],
  [128, 0, 0],
  [192, 192, 128],
  [128, 64, 128],
  [60, 40, 222],
  [128, 128, 0],
  [192, 128, 128],
  [64, 64, 128],
  [64, 0, 128],
  [64, 64, 0],
  [0, 128, 192],
];

/**
 * The palette of PASCAL VOC, up to 256 classes: the bits of the index, three at a time, become
 * the bits of red, green and blue from the highest down.
 *
 * @throws OptionError beyond 256 classes, where colours would repeat.
 */
export function vocPalette(classCount = 21): Palette {
  checkCount(classCount, 256);
  return Array.from({ length: classCount }, (_, index) => vocColour(index));
}

function vocColour(index: number): Rgb {
  let [red, green, blue] = [0, 0, 0];
  for (let bit = 7, rest = index; rest > 0; bit--, rest >>= 3) {
    red |= (rest & 1) << bit;
    green |= ((rest >> 1) & 1) << bit;
    blue |= ((rest >> 2) & 1) << bit;
  }
  return [red, green, blue];
}

/** Colours of `distinctPalette` before they repeat. */
const distinctCount = 512;

/**
 * A palette for any number of classes by formula: black first, for the background, then always the
 * colour farthest from all before it (Gonzalez 1985, farthest-first traversal), among vivid colours
 * on a grid in OKLab (Björn Ottosson, 2020), where distance is what the eye sees.
 *
 * The first colours are the same for every class count; they repeat beyond 512 classes.
 */
export function distinctPalette(classCount: number): Palette {
  checkCount(classCount, 65536);
  const colours = farthestFirst(Math.min(classCount, distinctCount));
  return Array.from({ length: classCount }, (_, index): Rgb => {
    const repeated = index === 0 ? 0 : ((index - 1) % (distinctCount - 1)) + 1;
    return colours[repeated] ?? voidColour;
  });
}

interface Candidate {
  readonly lab: readonly [number, number, number];
  readonly colour: Rgb;
}

function farthestFirst(count: number): Palette {
  const candidates = vividColours();
  // Squared distance of each candidate to the nearest colour chosen; at first, to black.
  const distances = Float64Array.from(candidates, ({ lab: [l, a, b] }) => l * l + a * a + b * b);
  const chosen: Rgb[] = [[0, 0, 0]];
  while (chosen.length < count) {
    let best = 0;
    for (let i = 1; i < distances.length; i++) {
      if ((distances[i] as number) > (distances[best] as number)) best = i;
    }
    const candidate = candidates[best] as Candidate;
    chosen.push(candidate.colour);
    const [l, a, b] = candidate.lab;
    candidates.forEach(({ lab }, i) => {
      const distance = (lab[0] - l) ** 2 + (lab[1] - a) ** 2 + (lab[2] - b) ** 2;
      distances[i] = Math.min(distances[i] as number, distance);
    });
  }
  return chosen;
}

/** Every colour of an OKLab grid that sRGB can show and that is neither dark, pale nor grey. */
function vividColours(): Candidate[] {
  const candidates: Candidate[] = [];
  for (let l = 0.44; l < 0.9; l += 0.04) {
    for (let a = -0.3; a < 0.31; a += 0.03) {
      for (let b = -0.33; b < 0.25; b += 0.03) {
        const colour = Math.hypot(a, b) < 0.08 ? undefined : oklabToRgb(l, a, b);
        if (colour !== undefined) candidates.push({ lab: [l, a, b], colour });
      }
    }
  }
  return candidates;
}

/**
 * The palette that people expect for a number of classes: PASCAL VOC's for 21, Cityscapes' for 19,
 * CamVid's for 11, else one by formula.
 */
export function paletteFor(classCount: number): Palette {
  switch (classCount) {
    case 21:
      return vocPalette();
    case 19:
      return cityscapesPalette;
    case 11:
      return camvidPalette;
    default:
      return distinctPalette(classCount);
  }
}

/** The 8-bit sRGB colour of an OKLab one, if it can be shown. */
function oklabToRgb(lightness: number, a: number, b: number): Rgb | undefined {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short;
  const green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short;
  const blue = -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short;
  if (Math.min(red, green, blue) < 0 || Math.max(red, green, blue) > 1) return undefined;
  return [encodeGamma(red), encodeGamma(green), encodeGamma(blue)];
}

/** Linear light 0 to 1 as an sRGB byte (IEC 61966-2-1). */
function encodeGamma(linear: number): number {
  const encoded = linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255);
}

function checkCount(classCount: number, limit: number): void {
  if (Number.isInteger(classCount) && classCount >= 1 && classCount <= limit) return;
  throw new OptionError({
    place: 'palette',
    problem: 'no palette of this size',
    expected: `1 to ${limit} classes`,
    found: `${classCount}`,
    ...(limit === 256 ? { fix: 'use distinctPalette' } : {}),
  });
}
