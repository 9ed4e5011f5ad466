import { OptionError } from '../../core/errors.js';
import type { AxisSamples } from './coordinates.js';
import { checkScoreGrid, type ScoreGrid } from './score-grid.js';

/** What a network's scores are: `logits` still need a softmax, `probabilities` do not. */
export type ScoreKind = 'logits' | 'probabilities';

/**
 * Class probabilities at every output pixel: planar float32 `[classes, height, width]`.
 *
 * For logits softmax(resize(scores)), for probabilities resize(scores), where resize is bilinear
 * in float64 as in `labelMap`. In the softmax NaN counts as -Infinity, which has probability 0, and
 * classes that share an infinite highest score share probability 1 equally.
 *
 * The result takes 4 · classes · width · height bytes: 1 GB for 21 classes at 12 megapixels. Pass
 * slices of `y` (`sliceSamples`) with a shared `out` to go through a large picture in strips.
 *
 * @param out array to fill, classes · height · width long; a new one by default.
 * @throws OptionError where sizes do not fit together.
 */
export function probabilities(
  scores: ScoreGrid,
  x: AxisSamples,
  y: AxisSamples,
  kind: ScoreKind = 'logits',
  out?: Float32Array,
): Float32Array {
  checkScoreGrid(scores, x, y, scores.classes);
  const { data, classes, height, width } = scores;
  const columns = x.cell.length;
  const rows = y.cell.length;
  const plane = rows * columns;
  if (out !== undefined && out.length !== classes * plane) {
    throw new OptionError({
      place: 'probabilities, out',
      problem: 'the array does not fit the result',
      expected: `${classes * plane} elements`,
      found: `${out.length}`,
    });
  }
  const result = out ?? new Float32Array(classes * plane);

  // One row of all classes at a time: the working set stays in the cache.
  const line = new Float64Array(classes * columns);
  const gridLine = new Float64Array(width + 1);
  for (let row = 0; row < rows; row++) {
    const top = (y.cell[row] as number) * width;
    const bottom = Math.min((y.cell[row] as number) + 1, height - 1) * width;
    const fy = y.fraction[row] as number;
    for (let label = 0; label < classes; label++) {
      const offset = label * height * width;
      interpolateDown(data, offset + top, offset + bottom, fy, gridLine);
      interpolateAlong(gridLine, x, line, label * columns);
    }
    if (kind === 'logits') softmax(line, columns);
    for (let label = 0; label < classes; label++) {
      const begin = label * columns;
      result.set(line.subarray(begin, begin + columns), label * plane + row * columns);
    }
  }
  return result;
}

/** One grid row between two others; its last point is repeated, to save clamping later. */
function interpolateDown(
  data: Float32Array,
  top: number,
  bottom: number,
  fy: number,
  gridLine: Float64Array,
): void {
  const uy = 1 - fy;
  const width = gridLine.length - 1;
  for (let point = 0; point < width; point++) {
    gridLine[point] = uy * (data[top + point] as number) + fy * (data[bottom + point] as number);
  }
  gridLine[width] = gridLine[width - 1] as number;
}

function interpolateAlong(
  gridLine: Float64Array,
  x: AxisSamples,
  line: Float64Array,
  begin: number,
): void {
  const { cell, fraction } = x;
  for (let column = 0; column < cell.length; column++) {
    const left = cell[column] as number;
    const fx = fraction[column] as number;
    line[begin + column] =
      (1 - fx) * (gridLine[left] as number) + fx * (gridLine[left + 1] as number);
  }
}

/** Softmax over classes of one row `[classes, columns]`, in place; the highest score is 1 first. */
function softmax(line: Float64Array, columns: number): void {
  const highest = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  for (let index = 0; index < line.length; ) {
    for (let column = 0; column < columns; column++, index++) {
      const score = line[index] as number;
      if (score > (highest[column] as number)) highest[column] = score;
      else if (Number.isNaN(score)) line[index] = Number.NEGATIVE_INFINITY;
    }
  }
  const sum = new Float64Array(columns);
  for (let index = 0; index < line.length; ) {
    for (let column = 0; column < columns; column++, index++) {
      const score = line[index] as number;
      const top = highest[column] as number;
      // Without the comparison two infinities would differ by NaN.
      const power = score === top ? 1 : Math.exp(score - top);
      line[index] = power;
      sum[column] = (sum[column] as number) + power;
    }
  }
  const scale = sum.map((total) => 1 / total);
  for (let index = 0; index < line.length; ) {
    for (let column = 0; column < columns; column++, index++) {
      line[index] = (line[index] as number) * (scale[column] as number);
    }
  }
}
