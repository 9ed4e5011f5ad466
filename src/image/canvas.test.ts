import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { Canvas } from './canvas.js';
import { type RgbImage, rgbImage } from './image.js';
import type { Rgb } from './palette.js';
import { printableName, turnUp } from './text.js';

const paper: Rgb = [250, 240, 230];
const ink: Rgb = [10, 120, 200];
const size = { width: 9, height: 7 };

/** The colour that a canvas has at each of its pixels, pixel by pixel. */
function drawn(colourAt: (x: number, y: number) => Rgb | undefined): RgbImage {
  const image = rgbImage(size.width, size.height);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      image.data.set(colourAt(x, y) ?? paper, (y * size.width + x) * 3);
    }
  }
  return image;
}

function canvasOf(draw: (canvas: Canvas) => void): RgbImage {
  const canvas = new Canvas(size.width, size.height, paper);
  draw(canvas);
  return canvas.image;
}

// Inside, across each edge and corner, all over, of no size, and away from the canvas.
const random = seededRandom(1);
const boxes = Array.from({ length: 60 }, () => ({
  x: random.integer(-8, 10),
  y: random.integer(-8, 10),
  width: random.integer(0, 12),
  height: random.integer(0, 12),
}));

describe('a canvas', () => {
  it('is paper at first', () => {
    expect(canvasOf(() => {})).toEqual(drawn(() => paper));
  });

  it.each(boxes)('has what lies on it of a box at $x, $y of $width x $height', (box) => {
    const { x, y, width, height } = box;
    const place = (column: number, row: number) => {
      const [left, top] = [column - x, row - y];
      const inside = left >= 0 && left < width && top >= 0 && top < height;
      return inside ? { left, top } : undefined;
    };
    expect(canvasOf((canvas) => canvas.fill(box, ink))).toEqual(
      drawn((column, row) => place(column, row) && ink),
    );
    if (width === 0 || height === 0) return;

    const picture = rgbImage(width, height);
    for (let at = 0; at < picture.data.length; at++) picture.data[at] = random.integer(0, 255);
    expect(canvasOf((canvas) => canvas.picture(picture, x, y))).toEqual(
      drawn((column, row) => {
        const own = place(column, row);
        if (own === undefined) return undefined;
        const at = (own.top * width + own.left) * 3;
        const [red = 0, green = 0, blue = 0] = picture.data.subarray(at, at + 3);
        return [red, green, blue];
      }),
    );

    const data = Uint8Array.from({ length: width * height }, () => random.integer(0, 255));
    const mask = { width, height, baseline: 0, data };
    expect(canvasOf((canvas) => canvas.text(mask, x, y, ink))).toEqual(
      drawn((column, row) => {
        const own = place(column, row);
        const cover = own === undefined ? 0 : (data[own.top * width + own.left] ?? 0) / 255;
        const mixed = (channel: 0 | 1 | 2) =>
          Math.round(paper[channel] * (1 - cover) + ink[channel] * cover);
        return [mixed(0), mixed(1), mixed(2)];
      }),
    );
  });
});

it('text turned up reads from the bottom, its first column lowest', () => {
  const mask = { width: 3, height: 2, baseline: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const { width, height, data } = turnUp(mask);
  expect([width, height, ...data]).toEqual([2, 3, 3, 6, 2, 5, 1, 4]);
});

it('names are printed on one line and shortened at either end', () => {
  expect(printableName(' a\u0007\n b ', 9)).toBe('a b');
  expect(printableName('abcdef', 4)).toBe('abc…');
  expect(printableName('abcdef', 4, 'end')).toBe('…def');
  expect(printableName('🐈🐈🐈', 2)).toBe('🐈…');
  expect(printableName('\n', 4)).toBe('');
});
