import { type CrfMemoryError, defaultMemoryLimit } from '../crf/index.js';
import type { LabelMap, RgbImage, Size } from '../image/index.js';
import { pictureSamples, resizedSamples } from './label-map/coordinates.js';
import { labelMap } from './label-map/label-map.js';
import { probabilities } from './label-map/probabilities.js';
import { labelsOfScores, probabilitiesOfScores } from './picture-scores.js';
import {
  type Network,
  type ReadOptions,
  readPicture,
  readScores,
  type Stopwatch,
} from './read-picture.js';
import type { ReadResult } from './read-result.js';

/** A picture read once, for a dense CRF that may work at a smaller size. */
export interface RefinableReading {
  readonly map: LabelMap;
  /** Probability of every class at every pixel of the picture scaled to a size. */
  probabilitiesAt(size: Size): Float32Array;
}

/** Reads a picture as `readPicture` does; its probabilities take memory when they are asked for. */
export async function readRefinable(
  network: Network,
  image: RgbImage,
  options: ReadOptions,
  watch: Stopwatch,
): Promise<RefinableReading> {
  if (options.tile === undefined || options.tile === false) {
    const scores = await readScores(network, image, options, watch);
    const start = performance.now();
    const map = labelsOfScores(scores);
    watch.labelMap += performance.now() - start;
    const resized = ({ width, height }: Size) =>
      scores.views.map((view) => ({
        ...view,
        x: resizedSamples(view.x, width),
        y: resizedSamples(view.y, height),
      }));
    return {
      map,
      probabilitiesAt: (size) =>
        sameSize(size, image)
          ? probabilitiesOfScores(scores)
          : probabilitiesOfScores({ ...scores, picture: size, views: resized(size) }),
    };
  }
  const read = await readPicture(network, image, { ...options, probabilities: true }, watch);
  const data = read.probabilities ?? new Float32Array();
  return {
    map: read.map,
    probabilitiesAt: (size) =>
      sameSize(size, image) ? data : scaledPlanes(data, image, size).probabilities(),
  };
}

/**
 * The size at which a dense CRF refines a picture first: its own, or the largest one of its shape
 * that the memory is likely to suffice for. Photographs take 367 to 587 bytes a pixel with 21
 * classes.
 */
export function refinedSize(
  { width, height }: Size,
  classes: number,
  memoryLimit: number = defaultMemoryLimit,
): Size {
  const mostPixels = memoryLimit / (100 + 24 * classes);
  return shrunk({ width, height }, mostPixels / (width * height));
}

/** The size to try after one that took too much memory; undefined where there is no smaller one. */
export function smallerSize(
  size: Size,
  { needed }: CrfMemoryError,
  memoryLimit: number = defaultMemoryLimit,
): Size | undefined {
  const smaller = shrunk(size, Math.min(0.9 * (memoryLimit / needed), 0.5));
  return sameSize(smaller, size) ? undefined : smaller;
}

function shrunk({ width, height }: Size, share: number): Size {
  if (share >= 1) return { width, height };
  const scaled = (side: number) => Math.max(1, Math.floor(side * Math.sqrt(share)));
  return { width: scaled(width), height: scaled(height) };
}

/** What was refined at a smaller size, at the picture's own, between pixels bilinearly. */
export function enlarge(
  small: { readonly map: LabelMap; readonly probabilities: Float32Array },
  picture: Size,
  wantsProbabilities: boolean,
): ReadResult {
  const scaled = scaledPlanes(small.probabilities, small.map, picture);
  return {
    map: scaled.labels(),
    probabilities: wantsProbabilities ? scaled.probabilities() : undefined,
  };
}

/** Planar probabilities at another size. */
function scaledPlanes(data: Float32Array, { width, height }: Size, target: Size) {
  const scores = { data, classes: data.length / (width * height), width, height };
  const samples = (picture: number, grid: number) =>
    pictureSamples({ picture, valid: grid, input: grid, grid, convention: 'half-pixel' });
  const [x, y] = [samples(target.width, width), samples(target.height, height)];
  return {
    labels: () => labelMap(scores, x, y),
    probabilities: () => probabilities(scores, x, y, 'probabilities'),
  };
}

export function sameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
