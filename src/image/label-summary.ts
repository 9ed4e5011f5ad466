import type { Box, LabelMap } from './image.js';
import { forEachRun } from './label-runs.js';

/** What a label map says about one class. */
export interface LabelSummary {
  /** Class index. */
  readonly index: number;
  readonly pixels: number;
  /** Share of all the label map's pixels, 0 to 1. */
  readonly share: number;
  /** Smallest rectangle that holds all its pixels. */
  readonly box: Box;
}

/**
 * Pixel count, share and bounding box of every class that occurs, most pixels first.
 *
 * One pass. Labels from `classCount` on, such as 255 for void, are not listed; their pixels still
 * count in the total.
 */
export function summariseLabels(labels: LabelMap, classCount: number): LabelSummary[] {
  const { width, height } = labels;
  // One more class than there are takes everything that belongs to none.
  const pixels = new Float64Array(classCount + 1);
  const left = new Int32Array(classCount + 1).fill(width);
  const right = new Int32Array(classCount + 1).fill(-1);
  const top = new Int32Array(classCount + 1).fill(-1);
  const bottom = new Int32Array(classCount + 1).fill(-1);
  forEachRun(labels, (label, row, start, end) => {
    const index = Math.min(label, classCount);
    pixels[index] = (pixels[index] as number) + end - start;
    if (start < (left[index] as number)) left[index] = start;
    if (end - 1 > (right[index] as number)) right[index] = end - 1;
    if ((top[index] as number) < 0) top[index] = row;
    bottom[index] = row;
  });
  const summaries: LabelSummary[] = [];
  for (let index = 0; index < classCount; index++) {
    const count = pixels[index] as number;
    if (count === 0) continue;
    const [x, y] = [left[index] as number, top[index] as number];
    const box = {
      x,
      y,
      width: (right[index] as number) - x + 1,
      height: (bottom[index] as number) - y + 1,
    };
    summaries.push({ index, pixels: count, share: count / (width * height), box });
  }
  return summaries.sort((a, b) => b.pixels - a.pixels || a.index - b.index);
}
