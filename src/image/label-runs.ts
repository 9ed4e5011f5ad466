import type { LabelMap } from './image.js';

/** Calls back for every stretch of equal labels in a row: `start` inclusive, `end` exclusive. */
export function forEachRun(
  labels: LabelMap,
  visit: (label: number, row: number, start: number, end: number) => void,
): void {
  const { width, height, data } = labels;
  for (let row = 0; row < height; row++) {
    const offset = row * width;
    let start = 0;
    while (start < width) {
      const label = data[offset + start] as number;
      let end = start + 1;
      while (end < width && data[offset + end] === label) end++;
      visit(label, row, start, end);
      start = end;
    }
  }
}
