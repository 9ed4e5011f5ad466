import { OptionError } from '../../core/errors.js';
import type { LabelMap } from '../../image/index.js';
import { type CellCounts, ConfusionMatrix } from '../confusion-matrix.js';
import { scoresOf } from '../scores.js';
import { squaredDistances } from './distance.js';

/** The figures of the pixels within some distance of a boundary. */
export interface BoundaryScore {
  /** Width of the band on either side of a boundary, in pixels. */
  readonly width: number;
  readonly mIoU: number;
  readonly pixelAccuracy: number;
  readonly pixels: number;
}

const widest = 1024;

/**
 * Confusion matrices of the pixels near boundaries, for several widths of the band in one pass.
 *
 * The trimap protocol of DeepLab (v1 section 5.3, v3+ section 4.4, after Kohli et al. 2009): the
 * void label, which runs along the objects' outlines in PASCAL VOC, is dilated by k pixels, and
 * only the pixels that this covers are scored. Here every label is dilated so, void or not, since
 * other data sets have no void outlines: the band of width k holds the pixels that are not void and
 * whose centre is at most k pixels (Euclidean, exact) from the centre of a pixel of another label.
 * Where void outlines part all classes, as in VOC, both definitions are the same. The border of the
 * picture is no boundary.
 */
export class BoundaryBands {
  readonly widths: readonly number[];
  /** One matrix for each width: of the pixels in its band that are in no narrower one. */
  readonly #rings: readonly ConfusionMatrix[];
  readonly #ignoreValue: number | undefined;
  /** By squared distance, the index of the narrowest band, from 1; 0 where there is none. */
  readonly #ringOf: Uint8Array;

  /** @throws OptionError where a width is not from 1 to 1024, or there are more than 255. */
  constructor(widths: readonly number[], classes: number, ignoreValue?: number) {
    this.widths = [...new Set(widths)].sort((a, b) => a - b);
    checkWidths(this.widths);
    this.#ignoreValue = ignoreValue;
    this.#rings = this.widths.map(() => new ConfusionMatrix(classes, ignoreValue));
    this.#ringOf = new Uint8Array((this.widths.at(-1) ?? 0) ** 2 + 1);
    for (let square = this.#ringOf.length - 1; square > 0; square--) {
      this.#ringOf[square] = this.widths.findIndex((width) => square <= width * width) + 1;
    }
  }

  /** Counts the pixels near boundaries of the truth. @throws as `ConfusionMatrix.add` */
  add(truth: LabelMap, prediction: LabelMap): void {
    if (this.widths.length === 0) return;
    const rings = this.#ringMap(truth);
    const ends = new Uint32Array(this.#rings.length + 1);
    for (const ring of rings) ends[ring] = (ends[ring] as number) + 1;
    ends[0] = 0;
    // Ring by ring, one after the other: each begins where the one before ends.
    for (let ring = 1; ring < ends.length; ring++) {
      ends[ring] = (ends[ring] as number) + (ends[ring - 1] as number);
    }
    const truths = sortedByRing(truth, rings, ends);
    const predictions = sortedByRing(prediction, rings, ends);
    this.#rings.forEach((matrix, index) => {
      const [begin, end] = [ends[index] as number, ends[index + 1] as number];
      const part = (data: LabelMap['data']): LabelMap => ({
        width: end - begin,
        height: 1,
        data: data.subarray(begin, end),
      });
      matrix.add(part(truths), part(predictions));
    });
  }

  /** Adds what another has counted, a list for each width. */
  merge(counts: readonly CellCounts[]): void {
    this.#rings.forEach((ring, index) => {
      const more = counts[index];
      if (more !== undefined) ring.merge(more);
    });
  }

  /** Hands out what has been counted, a list for each width, and starts from nothing. */
  takeCounts(): readonly CellCounts[] {
    return this.#rings.map((ring) => ring.takeCounts());
  }

  /** The figures of each band, narrowest first; wider bands include the narrower ones. */
  scores(labels: readonly string[], scored?: readonly number[]): readonly BoundaryScore[] {
    const [first] = this.#rings;
    if (first === undefined) return [];
    const band = new ConfusionMatrix(first.classes, this.#ignoreValue);
    return this.#rings.map((ring, index): BoundaryScore => {
      band.merge(ring.cellCounts());
      const { mIoU, pixelAccuracy, pixels } = scoresOf(band, labels, scored);
      return { width: this.widths[index] ?? 0, mIoU, pixelAccuracy, pixels };
    });
  }

  /** For each pixel the index of the narrowest band that it is in, from 1; 0 where in none. */
  #ringMap(truth: LabelMap): Uint8Array {
    const distances = squaredDistances(truth, this.widths.at(-1));
    const rings = new Uint8Array(distances.length);
    for (let pixel = 0; pixel < rings.length; pixel++) {
      const distance = distances[pixel] as number;
      if (distance < this.#ringOf.length && truth.data[pixel] !== this.#ignoreValue) {
        rings[pixel] = this.#ringOf[distance] as number;
      }
    }
    return rings;
  }
}

/** The labels of the pixels that are in a ring, those of the first ring first. */
function sortedByRing({ data }: LabelMap, rings: Uint8Array, ends: Uint32Array): LabelMap['data'] {
  const count = ends.at(-1) ?? 0;
  const sorted = data instanceof Uint8Array ? new Uint8Array(count) : new Uint16Array(count);
  const next = ends.slice(0, -1);
  for (let pixel = 0; pixel < rings.length; pixel++) {
    const ring = rings[pixel] as number;
    if (ring === 0) continue;
    const place = next[ring - 1] as number;
    next[ring - 1] = place + 1;
    sorted[place] = data[pixel] as number;
  }
  return sorted;
}

function checkWidths(widths: readonly number[]): void {
  const bad = widths.find((width) => !(width >= 1 && width <= widest));
  if (bad === undefined && widths.length <= 255) return;
  throw new OptionError({
    place: 'boundary widths',
    problem: bad === undefined ? 'too many' : 'not a width of a band',
    expected: bad === undefined ? 'at most 255' : `1 to ${widest} pixels`,
    found: `${bad ?? widths.length}`,
  });
}
