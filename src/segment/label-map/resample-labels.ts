import { OptionError } from '../../core/errors.js';
import type { LabelMap } from '../../image/image.js';
import { type AxisSamples, checkSamples } from './coordinates.js';
import { type LabelArray, labelArray } from './label-array.js';
import { checkResultSize } from './score-grid.js';

/** Labels as networks give them: whole numbers in any element type, row by row. */
export interface LabelGrid {
  readonly width: number;
  readonly height: number;
  readonly data:
    | Uint8Array
    | Int8Array
    | Uint16Array
    | Int16Array
    | Uint32Array
    | Int32Array
    | BigUint64Array
    | BigInt64Array
    | Float32Array;
}

/**
 * A network's own label map at other positions: the nearest grid point's label.
 *
 * A position halfway between two points takes the later one. The result is a Uint8Array unless a
 * label exceeds 255; labels such as 255 for "ignore" pass through.
 *
 * @param x where output columns sample the grid; their number is the result's width.
 * @param y where output rows sample the grid; their number is the result's height.
 * @param out array to fill, width · height long; a new one by default.
 * @throws OptionError where sizes do not fit together or a label is no whole number in 0..65535.
 */
export function resampleLabels(
  labels: LabelGrid,
  x: AxisSamples,
  y: AxisSamples,
  out?: LabelArray,
): LabelMap {
  if (labels.data.length !== labels.width * labels.height) {
    throw new OptionError({
      place: `labels ${labels.width}x${labels.height}`,
      problem: 'the array does not fill the size',
      expected: `${labels.width * labels.height} elements`,
      found: `${labels.data.length}`,
    });
  }
  checkSamples('x', x, labels.width);
  checkSamples('y', y, labels.height);
  checkResultSize(1, x, y);
  const grid = plainLabels(labels);
  const width = x.cell.length;
  const height = y.cell.length;
  let highest = 0;
  for (const label of grid) if (label > highest) highest = label;
  const data = labelArray(width * height, highest + 1, out);

  const columns = nearestPoints(x);
  const rows = nearestPoints(y);
  for (let row = 0; row < height; row++) {
    const begin = row * width;
    if (row > 0 && rows[row] === rows[row - 1]) {
      data.copyWithin(begin, begin - width, begin);
      continue;
    }
    const source = (rows[row] as number) * labels.width;
    for (let column = 0; column < width; column++) {
      data[begin + column] = grid[source + (columns[column] as number)] as number;
    }
  }
  return { width, height, data };
}

/** The grid point closest to each sample. */
function nearestPoints(samples: AxisSamples): Int32Array {
  return samples.cell.map((lower, pixel) =>
    (samples.fraction[pixel] as number) >= 0.5 ? Math.min(lower + 1, samples.gridSize - 1) : lower,
  );
}

/** The labels as plain numbers, each checked. */
function plainLabels(labels: LabelGrid): Uint16Array | Uint8Array {
  const { data } = labels;
  if (data instanceof Uint8Array || data instanceof Uint16Array) return data;
  const plain = new Uint16Array(data.length);
  for (let point = 0; point < data.length; point++) {
    const label = Number(data[point]);
    if (!(label >= 0 && label <= 65535 && Number.isInteger(label))) {
      throw new OptionError({
        place: `labels, row ${Math.floor(point / labels.width)}, column ${point % labels.width}`,
        problem: 'not a class index',
        expected: 'a whole number from 0 to 65535',
        found: `${label}`,
      });
    }
    plain[point] = label;
  }
  return plain;
}
