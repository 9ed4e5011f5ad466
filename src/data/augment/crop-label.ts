import type { LabelMap } from '../../image/index.js';
import type { CropAxis } from './crop-axis.js';

/**
 * Writes the crop of a scaled label map, nearest neighbour, `ignoreValue` around it.
 *
 * @param target width * height label values.
 */
export function cropLabel(
  source: LabelMap,
  columns: CropAxis,
  rows: CropAxis,
  target: Uint8Array | Int32Array,
  width: number,
  height: number,
  ignoreValue: number,
): void {
  const { data } = source;
  const { nearest } = columns;
  const [left, right] = [columns.first, columns.first + nearest.length];
  const bottom = rows.first + rows.nearest.length;
  target.fill(ignoreValue, 0, rows.first * width);
  target.fill(ignoreValue, bottom * width, width * height);
  for (let y = rows.first; y < bottom; y++) {
    const start = (rows.nearest[y - rows.first] as number) * source.width;
    const at = y * width;
    target.fill(ignoreValue, at, at + left);
    for (let i = 0; i < nearest.length; i++) {
      target[at + left + i] = data[start + (nearest[i] as number)] as number;
    }
    target.fill(ignoreValue, at + right, at + width);
  }
}
