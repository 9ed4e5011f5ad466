import { OptionError } from '../core/errors.js';
import { type LabelMap, labelMap, type Size } from '../image/index.js';
import { type AxisSamples, sliceSamples } from './label-map/coordinates.js';
import { type LabelArray, labelArray } from './label-map/label-array.js';
import { labelMap as exactLabelMap } from './label-map/label-map.js';
import { probabilities, type ScoreKind } from './label-map/probabilities.js';
import type { ScoreGrid } from './label-map/score-grid.js';

/** A network's scores for one look at a picture, and where the picture's pixels sample them. */
export interface View {
  readonly scores: ScoreGrid;
  readonly meaning: ScoreKind;
  readonly x: AxisSamples;
  readonly y: AxisSamples;
  /** Whether the look was at the mirrored picture: its pixels run from right to left then. */
  readonly mirrored: boolean;
}

/** Scores of views that are kept at any rate unless told: 128 MiB. */
const usuallyKept = 2 ** 25;

/** Rows are read in strips of about this many numbers, which stay in the processor's cache. */
const stripSize = 2 ** 17;

/**
 * The mean of class probabilities over several views of a picture, such as scales and mirrored
 * copies; its argmax is DeepLab's multi-scale prediction (`predict_labels_multi_scale`).
 *
 * A class that wins a pixel in every view also wins it in the mean. So the exact label maps of the
 * views settle nearly all pixels, and only those on which views disagree need probabilities.
 *
 * Views are kept as the low-resolution scores that they are. As soon as those take more than 128 MiB
 * and more than one set of probabilities at the picture's size, they are added up into such a set:
 * so the memory is bounded, however many views there are, and usually small.
 */
export class MeanProbabilities {
  readonly #classes: number;
  readonly #width: number;
  readonly #height: number;
  /** Labels that the first view gives; those of all views where they are not contested. */
  readonly #labels: LabelArray;
  readonly #contested: Uint8Array;
  /** With the samples of mirrored views in the order of the picture's pixels. */
  #views: View[] = [];
  readonly #room: number;
  #kept = 0;
  #sum: Float32Array | undefined;
  #count = 0;

  /** @param keptScores numbers in the views' scores that are kept at any rate */
  constructor(classes: number, { width, height }: Size, keptScores = usuallyKept) {
    this.#classes = classes;
    this.#width = width;
    this.#height = height;
    this.#labels = labelArray(width * height, classes);
    this.#contested = new Uint8Array(width * height);
    this.#room = Math.max(keptScores, classes * width * height);
  }

  /** @throws OptionError where the view is not of this picture. */
  add(view: View): void {
    this.#check(view);
    this.#compare(view);
    this.#views.push(view.mirrored ? { ...view, x: mirrorSamples(view.x) } : view);
    this.#count++;
    this.#kept += view.scores.data.length;
    if (this.#kept > this.#room) this.#addUp();
  }

  /** The class of the highest mean at every pixel, the lowest index on ties. */
  labelMap(): LabelMap {
    const data = this.#labels.slice();
    const columns = new Int32Array(this.#width);
    for (let row = 0; row < this.#height; row++) {
      const begin = row * this.#width;
      let count = 0;
      for (let column = 0; column < this.#width; column++) {
        if (this.#contested[begin + column] === 1) columns[count++] = column;
      }
      if (count > 0) this.#settle(data, row, columns.subarray(0, count));
    }
    return labelMap(this.#width, this.#height, data);
  }

  /** The means at every pixel, planar float32 `[classes, height, width]`. */
  probabilities(): Float32Array {
    const plane = this.#width * this.#height;
    const result = new Float32Array(this.#classes * plane);
    const scale = 1 / this.#count;
    this.#strips((strip, start, end) => {
      const pixels = (end - start) * this.#width;
      for (let label = 0; label < this.#classes; label++) {
        const values = strip.subarray(label * pixels, (label + 1) * pixels);
        const begin = label * plane + start * this.#width;
        for (let pixel = 0; pixel < pixels; pixel++) {
          result[begin + pixel] = (values[pixel] as number) * scale;
        }
      }
    });
    return result;
  }

  #check({ scores, x, y }: View): void {
    const found = [scores.classes, y.cell.length, x.cell.length];
    const expected = [this.#classes, this.#height, this.#width];
    if (found.every((size, i) => size === expected[i])) return;
    throw new OptionError({
      place: 'mean of probabilities',
      problem: 'a view of another picture',
      expected: `[${expected.join(', ')}]`,
      found: `[${found.join(', ')}]`,
    });
  }

  /** Marks the pixels on which a view differs from the first. */
  #compare({ scores, x, y, mirrored }: View): void {
    const { width, data } = exactLabelMap(scores, x, y);
    const isFirst = this.#count === 0;
    for (let row = 0; row < this.#height; row++) {
      const begin = row * width;
      const last = begin + width - 1;
      for (let pixel = begin; pixel <= last; pixel++) {
        const label = data[mirrored ? last - (pixel - begin) : pixel] as number;
        if (isFirst) this.#labels[pixel] = label;
        else if (label !== this.#labels[pixel]) this.#contested[pixel] = 1;
      }
    }
  }

  /** Writes the class of the highest mean at some columns of a row. */
  #settle(data: LabelArray, row: number, columns: Int32Array): void {
    const count = columns.length;
    const begin = row * this.#width;
    const sum = new Float64Array(this.#classes * count);
    const part = new Float32Array(sum.length);
    for (const view of this.#views) {
      const x = samplesAt(view.x, columns);
      probabilities(view.scores, x, sliceSamples(view.y, row, row + 1), view.meaning, part);
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (part[i] as number);
    }
    for (let i = 0; i < count; i++) {
      const pixel = begin + (columns[i] as number);
      let best = Number.NEGATIVE_INFINITY;
      data[pixel] = 0;
      for (let label = 0; label < this.#classes; label++) {
        const before = this.#sum?.[label * this.#labels.length + pixel] ?? 0;
        const value = before + (sum[label * count + i] as number);
        if (value <= best || Number.isNaN(value)) continue;
        best = value;
        data[pixel] = label;
      }
    }
  }

  /** Turns the views that are kept into part of the sum. */
  #addUp(): void {
    const plane = this.#labels.length;
    const sum = this.#sum ?? new Float32Array(this.#classes * plane);
    this.#strips((strip, start, end) => {
      const pixels = (end - start) * this.#width;
      for (let label = 0; label < this.#classes; label++) {
        const values = strip.subarray(label * pixels, (label + 1) * pixels);
        sum.set(values, label * plane + start * this.#width);
      }
    });
    this.#sum = sum;
    this.#views = [];
    this.#kept = 0;
  }

  /** Hands out the sum of all views, `[classes, end - start, width]`, from the top down. */
  #strips(take: (strip: Float64Array, start: number, end: number) => void): void {
    const rows = Math.max(1, Math.floor(stripSize / (this.#classes * this.#width)));
    const one = new Float32Array(this.#classes * rows * this.#width);
    const sum = new Float64Array(one.length);
    for (let start = 0; start < this.#height; start += rows) {
      const end = Math.min(start + rows, this.#height);
      const length = this.#classes * (end - start) * this.#width;
      const strip = sum.subarray(0, length);
      this.#start(strip, start, end);
      const part = one.subarray(0, length);
      for (const { scores, meaning, x, y } of this.#views) {
        probabilities(scores, x, sliceSamples(y, start, end), meaning, part);
        for (let i = 0; i < length; i++) strip[i] = (strip[i] as number) + (part[i] as number);
      }
      take(strip, start, end);
    }
  }

  /** Sets a strip to what has been added up before. */
  #start(strip: Float64Array, start: number, end: number): void {
    if (this.#sum === undefined) {
      strip.fill(0);
      return;
    }
    const plane = this.#width * this.#height;
    const pixels = (end - start) * this.#width;
    for (let label = 0; label < this.#classes; label++) {
      const begin = label * plane + start * this.#width;
      strip.set(this.#sum.subarray(begin, begin + pixels), label * pixels);
    }
  }
}

/** Where the pixels of a picture sample what a network gave for its mirrored copy. */
function mirrorSamples({ gridSize, cell, fraction }: AxisSamples): AxisSamples {
  return { gridSize, cell: cell.slice().reverse(), fraction: fraction.slice().reverse() };
}

function samplesAt({ gridSize, cell, fraction }: AxisSamples, pixels: Int32Array): AxisSamples {
  return {
    gridSize,
    cell: pixels.map((pixel) => cell[pixel] as number),
    fraction: Float64Array.from(pixels, (pixel) => fraction[pixel] as number),
  };
}
