import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { labelMap, type Rgb, rgbImage } from '../../image/index.js';
import { type CropAxis, cropAxis } from './crop-axis.js';
import { cropImage } from './crop-image.js';
import { cropLabel } from './crop-label.js';

const random = seededRandom(3);
const padColour: Rgb = [127.5, 1, 2];
const ignoreValue = 255;

/** Scales, pads, crops and mirrors one step after the other, in 64 bits, sample by sample. */
function reference(
  value: (x: number, y: number) => number,
  nearest: boolean,
  from: readonly [number, number],
  to: readonly [number, number],
  crop: readonly [x: number, y: number, width: number, height: number],
  mirrored: boolean,
  padding: number,
): number[] {
  const [cropX, cropY, width, height] = crop;
  const position = (at: number, axis: 0 | 1): number =>
    to[axis] > 1 ? (at * (from[axis] - 1)) / (to[axis] - 1) : 0;
  const result: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [cropX + (mirrored ? width - 1 - x : x), cropY + y];
      if (column >= to[0] || row >= to[1]) {
        result.push(padding);
        continue;
      }
      const [sourceX, sourceY] = [position(column, 0), position(row, 1)];
      if (nearest) {
        result.push(value(Math.floor(sourceX + 0.5), Math.floor(sourceY + 0.5)));
        continue;
      }
      const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
      const [right, bottom] = [Math.min(from[0] - 1, left + 1), Math.min(from[1] - 1, top + 1)];
      const [shareX, shareY] = [sourceX - left, sourceY - top];
      const above = value(left, top) * (1 - shareX) + value(right, top) * shareX;
      const below = value(left, bottom) * (1 - shareX) + value(right, bottom) * shareX;
      result.push(above * (1 - shareY) + below * shareY);
    }
  }
  return result;
}

describe('crops of scaled pictures', () => {
  const cases = Array.from({ length: 40 }, (_, i) => {
    const from = [random.integer(1, 30), random.integer(1, 30)] as const;
    const scale = [0.5, 0.75, 1, 1.25, 2][i % 5] ?? 1;
    const to = from.map((side) => Math.max(1, Math.floor(side * scale)));
    const [width, height] = [random.integer(1, 24), random.integer(1, 24)];
    const x = random.integer(0, Math.max(0, (to[0] ?? 1) - width));
    const y = random.integer(0, Math.max(0, (to[1] ?? 1) - height));
    return { from, to: [to[0] ?? 1, to[1] ?? 1] as const, crop: [x, y, width, height] as const };
  });

  it.each(cases)('$from to $to, crop $crop', ({ from, to, crop }) => {
    const [x, y, width, height] = crop;
    const image = rgbImage(from[0], from[1]);
    for (let i = 0; i < image.data.length; i++) image.data[i] = random.integer(0, 255);
    const label = labelMap(from[0], from[1]);
    for (let i = 0; i < label.data.length; i++) label.data[i] = random.integer(0, 20);
    for (const mirrored of [false, true]) {
      const columns: CropAxis = cropAxis(from[0], to[0], x, width, mirrored);
      const rows: CropAxis = cropAxis(from[1], to[1], y, height, false);
      const pixels = new Float32Array(width * height * 3).fill(-1);
      cropImage(image, columns, rows, pixels, width, height, padColour);
      const values = new Uint8Array(width * height).fill(99);
      cropLabel(label, columns, rows, values, width, height, ignoreValue);

      for (const channel of [0, 1, 2] as const) {
        const expected = reference(
          (column, row) => image.data[(row * from[0] + column) * 3 + channel] ?? Number.NaN,
          false,
          from,
          to,
          crop,
          mirrored,
          padColour[channel],
        );
        expected.forEach((sample, i) => {
          expect(pixels[i * 3 + channel]).toBeCloseTo(sample, 2);
        });
      }
      const at = (column: number, row: number): number => label.data[row * from[0] + column] ?? -1;
      expect([...values]).toEqual(reference(at, true, from, to, crop, mirrored, ignoreValue));
    }
  });

  it('an unscaled crop is exact', () => {
    const image = rgbImage(
      7,
      5,
      Uint8Array.from({ length: 105 }, (_, i) => i * 2),
    );
    const target = new Float32Array(105);
    const [columns, rows] = [cropAxis(7, 7, 0, 7, false), cropAxis(5, 5, 0, 5, false)];
    cropImage(image, columns, rows, target, 7, 5, padColour);
    expect([...target]).toEqual([...image.data]);
  });
});
