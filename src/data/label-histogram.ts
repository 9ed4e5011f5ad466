import type { LabelMap } from '../image/index.js';
import { isKnownLabel, type LabelValues } from './dataset-source.js';

/** Label values that are neither a class nor the ignore value. */
export interface UnknownLabel {
  readonly value: number;
  readonly pixels: number;
  readonly samples: number;
  /** The first sample that has the value, and the pixel there. */
  readonly firstId: string;
  readonly firstX: number;
  readonly firstY: number;
}

/** How often each class occurs in the labels of a dataset. */
export interface LabelHistogram {
  readonly samples: number;
  readonly pixels: number;
  readonly classes: readonly ClassCount[];
  /** Pixels with the ignore value, which in ADE20K is also a class. */
  readonly ignored: number;
  readonly ignoreValue: number;
  /** Empty in a sound dataset; by value. */
  readonly unknown: readonly UnknownLabel[];
}

/** A class in a histogram. */
export interface ClassCount {
  readonly label: string;
  readonly pixels: number;
  /** Samples in which the class occurs. */
  readonly samples: number;
}

/** Counts the values of one label map after the other. */
export class LabelCounter {
  private readonly described: LabelValues;
  private readonly pixels = new Float64Array(65_536);
  private readonly samplesWith = new Float64Array(65_536);
  private readonly first = new Map<
    number,
    { readonly id: string; readonly pixel: number; readonly width: number }
  >();
  private readonly counts = new Uint32Array(65_536);
  private samples = 0;

  constructor(classes: LabelValues) {
    this.described = classes;
  }

  add(id: string, label: LabelMap): void {
    const { counts } = this;
    countValues(label, counts);
    this.samples++;
    const limit = label.data instanceof Uint8Array ? 256 : counts.length;
    for (let value = 0; value < limit; value++) {
      const count = counts[value] as number;
      if (count === 0) continue;
      counts[value] = 0;
      this.pixels[value] = (this.pixels[value] as number) + count;
      this.samplesWith[value] = (this.samplesWith[value] as number) + 1;
      if (isKnownLabel(value, this.described) || this.first.has(value)) continue;
      this.first.set(value, { id, pixel: label.data.indexOf(value), width: label.width });
    }
  }

  histogram(): LabelHistogram {
    const { labels, ignoreValue } = this.described;
    const classes = labels.map((label, value) => ({
      label,
      pixels: this.pixels[value] as number,
      samples: this.samplesWith[value] as number,
    }));
    const unknown = [...this.first].map(([value, { id, pixel, width }]) => ({
      value,
      pixels: this.pixels[value] as number,
      samples: this.samplesWith[value] as number,
      firstId: id,
      firstX: pixel % width,
      firstY: Math.floor(pixel / width),
    }));
    return {
      samples: this.samples,
      pixels: this.pixels.reduce((sum, count) => sum + count, 0),
      classes,
      ignored: this.pixels[ignoreValue] as number,
      ignoreValue,
      unknown: unknown.sort((a, b) => a.value - b.value),
    };
  }
}

/** Adds the number of pixels of each value; runs of equal labels, the usual case, are counted whole. */
function countValues(label: LabelMap, counts: Uint32Array): void {
  const { data } = label;
  for (let start = 0; start < data.length; ) {
    const value = data[start] as number;
    let end = start + 1;
    while (end < data.length && data[end] === value) end++;
    counts[value] = (counts[value] as number) + end - start;
    start = end;
  }
}
