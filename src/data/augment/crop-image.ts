import type { Rgb } from '../../image/index.js';
import type { CropAxis } from './crop-axis.js';

/** An RGB picture in bytes or floats, rows from the top. */
export interface ImageRows {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array;
}

/**
 * Writes a crop of a scaled picture, bilinear; only the source rows and columns that the crop shows
 * are touched, each source row is interpolated sideways once.
 *
 * @param target width * height * 3 floats, 0 to 255, not rounded.
 */
export function cropImage(
  source: ImageRows,
  columns: CropAxis,
  rows: CropAxis,
  target: Float32Array,
  width: number,
  height: number,
  padColour: Rgb,
): void {
  const filled = columns.lower.length;
  const rowLength = filled * 3;
  const whole = columns.weight.every((weight) => weight === 0);
  const interpolate = whole ? copyRow : interpolateRow;
  // The two source rows in hand, and which they are.
  const held = [new Float32Array(rowLength), new Float32Array(rowLength)] as const;
  const heldRows = [-1, -1];
  const fetch = (row: number): Float32Array => {
    // A row's neighbour below is the next row, so that parity gives each its own place.
    const slot = row & 1;
    const line = held[slot] as Float32Array;
    if (heldRows[slot] !== row) {
      interpolate(source, row, columns, line);
      heldRows[slot] = row;
    }
    return line;
  };
  for (let y = 0; y < rows.lower.length; y++) {
    const at = ((rows.first + y) * width + columns.first) * 3;
    const weight = rows.weight[y] as number;
    const above = fetch(rows.lower[y] as number);
    if (weight === 0) {
      target.set(above, at);
      continue;
    }
    const below = fetch(rows.upper[y] as number);
    for (let i = 0; i < rowLength; i++) {
      const sample = above[i] as number;
      target[at + i] = sample + ((below[i] as number) - sample) * weight;
    }
  }
  fillPadding(target, width, height, columns, rows, padColour);
}

function interpolateRow(
  source: ImageRows,
  row: number,
  columns: CropAxis,
  line: Float32Array,
): void {
  const { data } = source;
  const { lower, upper, weight } = columns;
  const start = row * source.width;
  for (let i = 0, at = 0; i < lower.length; i++, at += 3) {
    const left = (start + (lower[i] as number)) * 3;
    const right = (start + (upper[i] as number)) * 3;
    const share = weight[i] as number;
    const red = data[left] as number;
    const green = data[left + 1] as number;
    const blue = data[left + 2] as number;
    line[at] = red + ((data[right] as number) - red) * share;
    line[at + 1] = green + ((data[right + 1] as number) - green) * share;
    line[at + 2] = blue + ((data[right + 2] as number) - blue) * share;
  }
}

/** As `interpolateRow` where every output lies on a source sample. */
function copyRow(source: ImageRows, row: number, columns: CropAxis, line: Float32Array): void {
  const { data } = source;
  const { lower } = columns;
  const start = row * source.width;
  for (let i = 0, at = 0; i < lower.length; i++, at += 3) {
    const from = (start + (lower[i] as number)) * 3;
    line[at] = data[from] as number;
    line[at + 1] = data[from + 1] as number;
    line[at + 2] = data[from + 2] as number;
  }
}

function fillPadding(
  target: Float32Array,
  width: number,
  height: number,
  columns: CropAxis,
  rows: CropAxis,
  colour: Rgb,
): void {
  const [left, right] = [columns.first, columns.first + columns.lower.length];
  const bottom = rows.first + rows.lower.length;
  for (let y = 0; y < height; y++) {
    const outside = y < rows.first || y >= bottom;
    fillColour(target, y * width, y * width + (outside ? width : left), colour);
    if (!outside) fillColour(target, y * width + right, (y + 1) * width, colour);
  }
}

function fillColour(target: Float32Array, first: number, last: number, colour: Rgb): void {
  const [red, green, blue] = colour;
  for (let at = first * 3; at < last * 3; at += 3) {
    target[at] = red;
    target[at + 1] = green;
    target[at + 2] = blue;
  }
}
