import type { AxisSamples } from './coordinates.js';

/** Runs of neighbouring pixels that sample the same cell, in order. */
export interface Spans {
  readonly count: number;
  /** Cell of each run. */
  readonly cell: Int32Array;
  /** First pixel of each run, and at the end the number of pixels. */
  readonly start: Int32Array;
}

/**
 * Splits an axis into runs of one cell in which the fraction does not fall, so that a run's inner
 * positions lie between those of its two ends.
 */
export function spansOf(samples: AxisSamples): Spans {
  const { cell, fraction } = samples;
  const size = cell.length;
  const start = new Int32Array(size + 1);
  const spanCell = new Int32Array(size);
  let count = 0;
  for (let pixel = 0; pixel < size; pixel++) {
    const continues =
      pixel > 0 &&
      cell[pixel] === cell[pixel - 1] &&
      (fraction[pixel] as number) >= (fraction[pixel - 1] as number);
    if (continues) continue;
    spanCell[count] = cell[pixel] as number;
    start[count] = pixel;
    count++;
  }
  start[count] = size;
  return { count, cell: spanCell, start };
}
