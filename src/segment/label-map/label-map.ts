import type { LabelMap } from '../../image/image.js';
import { ContestedCell } from './contested-cell.js';
import type { AxisSamples } from './coordinates.js';
import { gridWinners, noWinner } from './grid-winners.js';
import { type LabelArray, labelArray } from './label-array.js';
import { checkScoreGrid, type ScoreGrid } from './score-grid.js';
import { spansOf } from './spans.js';

/**
 * The class of the highest score at every output pixel, without upsampled score planes.
 *
 * Equal, pixel by pixel, to the argmax over classes (lowest index on ties) of the float64 value
 *
 *     (1 - fx) · ((1 - fy) · a + fy · c) + fx · ((1 - fy) · b + fy · d)
 *
 * of the cell's corners a b (top), c d (bottom) at the sample positions. A class wins only with a
 * value above -Infinity: NaN never wins, and class 0 stands where no class wins. Note that a
 * corner of infinite score and weight 0 makes NaN.
 *
 * A class that is the argmax at all four corners of a cell is the argmax of every pixel in it; see
 * ContestedCell for why that is exact. Only the other cells are interpolated, and of their rows
 * only the pixels near a change of class.
 *
 * @param scores logits or probabilities, `[classes, height, width]`.
 * @param x where output columns sample the grid; their number is the result's width.
 * @param y where output rows sample the grid; their number is the result's height.
 * @param out array to fill, width · height long; a new one by default (Uint8Array, or Uint16Array
 *   above 256 classes).
 * @throws OptionError where sizes do not fit together.
 */
export function labelMap(
  scores: ScoreGrid,
  x: AxisSamples,
  y: AxisSamples,
  out?: LabelArray,
): LabelMap {
  checkScoreGrid(scores, x, y, 1);
  const width = x.cell.length;
  const height = y.cell.length;
  const data = labelArray(width * height, scores.classes, out);

  const winners = gridWinners(scores);
  const columns = spansOf(x);
  const rows = spansOf(y);
  const cell = new ContestedCell(scores);
  const uniform = new Int32Array(columns.count);
  const gridWidth = scores.width;
  const pending = new Int32Array(64);

  for (let row = 0; row < rows.count; row++) {
    const gridRow = rows.cell[row] as number;
    const top = gridRow * gridWidth;
    const bottom = Math.min(gridRow + 1, scores.height - 1) * gridWidth;
    const firstRow = rows.start[row] as number;
    const endRow = rows.start[row + 1] as number;

    for (let column = 0; column < columns.count; column++) {
      const left = columns.cell[column] as number;
      const right = left + 1 < gridWidth ? left + 1 : left;
      const label = winners[top + left] as number;
      const isUniform =
        label === winners[top + right] &&
        label === winners[bottom + left] &&
        label === winners[bottom + right];
      uniform[column] = isUniform ? label : noWinner;
    }

    const begin = firstRow * width;
    if (fillRuns(data, begin, columns.start, uniform)) {
      for (let line = firstRow + 1; line < endRow; line++) {
        data.copyWithin(line * width, begin, begin + width);
      }
    }

    for (let column = 0; column < columns.count; column++) {
      if (uniform[column] !== noWinner) continue;
      const left = columns.cell[column] as number;
      const right = left + 1 < gridWidth ? left + 1 : left;
      cell.enter(top + left, top + right, bottom + left, bottom + right, winners);
      const first = columns.start[column] as number;
      const last = (columns.start[column + 1] as number) - 1;
      for (let line = firstRow; line < endRow; line++) {
        cell.enterRow(y.fraction[line] as number);
        resolveRow(cell, x.fraction, first, last, data, line * width, pending);
      }
    }
  }
  return { width, height, data };
}

/** Writes one row of the cells of one class; returns whether there were any. */
function fillRuns(
  data: LabelArray,
  begin: number,
  starts: Int32Array,
  uniform: Int32Array,
): boolean {
  let found = false;
  for (let column = 0; column < uniform.length; ) {
    const label = uniform[column] as number;
    let end = column + 1;
    while (end < uniform.length && uniform[end] === label) end++;
    if (label !== noWinner) {
      data.fill(label, begin + (starts[column] as number), begin + (starts[end] as number));
      found = true;
    }
    column = end;
  }
  return found;
}

/**
 * Labels pixels `first` to `last` of a contested cell's row by bisection.
 *
 * Every class is linear in x there, so one that surely leads at two pixels leads between them.
 *
 * @param pending scratch: two numbers for each halving, 64 suffice for 2^31 pixels.
 */
function resolveRow(
  cell: ContestedCell,
  fraction: Float64Array,
  first: number,
  last: number,
  data: LabelArray,
  begin: number,
  pending: Int32Array,
): void {
  let left = first;
  let leftWinner = cell.winnerAt(fraction[first] as number);
  data[begin + first] = leftWinner < 0 ? ~leftWinner : leftWinner;
  if (first === last) return;

  pending[0] = last;
  pending[1] = cell.winnerAt(fraction[last] as number);
  for (let depth = 2; depth > 0; ) {
    const right = pending[depth - 2] as number;
    const rightWinner = pending[depth - 1] as number;
    if (leftWinner >= 0 && leftWinner === rightWinner) {
      fillShort(data, leftWinner, begin + left + 1, begin + right + 1);
    } else if (right === left + 1) {
      data[begin + right] = rightWinner < 0 ? ~rightWinner : rightWinner;
    } else {
      const middle = (left + right) >> 1;
      pending[depth] = middle;
      pending[depth + 1] = cell.winnerAt(fraction[middle] as number);
      depth += 2;
      continue;
    }
    left = right;
    leftWinner = rightWinner;
    depth -= 2;
  }
}

/** `fill` without the cost of a call into the engine for the short runs within a cell. */
function fillShort(data: LabelArray, label: number, start: number, end: number): void {
  if (end - start > 48) {
    data.fill(label, start, end);
    return;
  }
  for (let index = start; index < end; index++) data[index] = label;
}
