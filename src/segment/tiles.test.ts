import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { rgbImage } from '../image/index.js';
import { cropImage, pasteTile, tilesOf } from './tiles.js';

describe('tiles', () => {
  it('cover every pixel once, at the input size, well inside unless at the border', () => {
    const random = seededRandom(10);
    for (let round = 0; round < 60; round++) {
      const input = { width: random.integer(4, 40), height: random.integer(4, 40) };
      const picture = { width: random.integer(1, 150), height: random.integer(1, 150) };
      const overlap = random.integer(0, Math.floor(Math.min(input.width, input.height) / 2));
      const covered = new Uint8Array(picture.width * picture.height);
      for (const { crop, kept } of tilesOf(picture, input, { overlap })) {
        for (const [at, side] of [
          ['x', 'width'],
          ['y', 'height'],
        ] as const) {
          expect(crop[side]).toBe(Math.min(input[side], picture[side]));
          expect(crop[at]).toBeGreaterThanOrEqual(0);
          expect(crop[at] + crop[side]).toBeLessThanOrEqual(picture[side]);
          const before = kept[at] - crop[at];
          const after = crop[at] + crop[side] - kept[at] - kept[side];
          const context = Math.floor(overlap / 2);
          if (kept[at] > 0) expect(before).toBeGreaterThanOrEqual(context);
          else expect(before).toBe(0);
          if (kept[at] + kept[side] < picture[side]) expect(after).toBeGreaterThanOrEqual(context);
          else expect(after).toBe(0);
        }
        for (let y = kept.y; y < kept.y + kept.height; y++) {
          for (let x = kept.x; x < kept.x + kept.width; x++) {
            const pixel = y * picture.width + x;
            covered[pixel] = (covered[pixel] ?? 0) + 1;
          }
        }
      }
      expect(covered.every((count) => count === 1)).toBe(true);
    }
  });

  it('put a picture together again from its parts', () => {
    const random = seededRandom(11);
    const image = rgbImage(
      53,
      37,
      Uint8Array.from({ length: 53 * 37 * 3 }, () => random.integer(0, 255)),
    );
    const red = { width: 53, height: 37, data: image.data.filter((_, i) => i % 3 === 0) };
    const again = { width: 53, height: 37, data: new Uint8Array(53 * 37 * 2) };
    for (const tile of tilesOf(image, { width: 16, height: 20 }, { overlap: 5 })) {
      const { data, width, height } = cropImage(image, tile.crop);
      const plane = Uint8Array.from(data.filter((_, i) => i % 3 === 0));
      const planes = Uint8Array.from([...plane, ...plane.map((value) => 255 - value)]);
      pasteTile(again, { width, height, data: planes }, tile, 2);
    }
    expect(Array.from(again.data.subarray(0, 53 * 37))).toEqual(Array.from(red.data));
    expect(again.data.subarray(53 * 37)).toEqual(again.data.slice(0, 53 * 37).map((v) => 255 - v));
  });

  it('refuse overlaps that leave no way to go on', () => {
    const sizes = [
      { width: 100, height: 100 },
      { width: 32, height: 48 },
    ] as const;
    expect(() => tilesOf(...sizes, { overlap: 17 })).toThrow('expected 0 to 16 pixels');
    expect(() => tilesOf(...sizes, { overlap: -1 })).toThrow('tile overlap');
    expect(() => tilesOf(...sizes, { overlap: 1.5 })).toThrow('tile overlap');
  });
});
