import { describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import {
  camvidPalette,
  cityscapesPalette,
  distinctPalette,
  type Palette,
  paletteFor,
  vocPalette,
} from './palette.js';

function distinctColours(palette: Palette): number {
  return new Set(palette.map((colour) => colour.join())).size;
}

describe('palettes', () => {
  it('follows the colours that PASCAL VOC label files show', () => {
    const palette = vocPalette(256);
    expect(palette.slice(0, 4)).toEqual([
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
      [128, 128, 0],
    ]);
    expect(palette[8]).toEqual([64, 0, 0]);
    expect(palette[15]).toEqual([192, 128, 128]);
    expect(palette[20]).toEqual([0, 64, 128]);
    expect(palette[255]).toEqual([224, 224, 192]);
    expect(distinctColours(palette)).toBe(256);
  });

  it.each([2, 8, 21, 60, 151, 256])('%i generated colours are clearly apart, black first', (n) => {
    const palette = distinctPalette(n);
    expect(palette).toHaveLength(n);
    expect(palette[0]).toEqual([0, 0, 0]);
    let nearest = Number.POSITIVE_INFINITY;
    palette.forEach((a, i) => {
      for (const b of palette.slice(0, i)) {
        nearest = Math.min(nearest, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
      }
    });
    expect(nearest).toBeGreaterThan(n <= 21 ? 50 : 18);
  });

  it('generated colours do not depend on how many are asked for', () => {
    expect(distinctPalette(151).slice(0, 30)).toEqual(distinctPalette(30));
  });

  it('has a colour for every one of many classes', () => {
    const palette = distinctPalette(2000);
    expect(palette).toHaveLength(2000);
    expect(distinctColours(palette)).toBe(512);
    expect(palette.flat().every((value) => value >= 0 && value <= 255)).toBe(true);
  });

  it('picks the palette that a class count is known for', () => {
    expect(paletteFor(21)).toEqual(vocPalette(21));
    expect(paletteFor(19)).toBe(cityscapesPalette);
    expect(paletteFor(11)).toBe(camvidPalette);
    expect(paletteFor(151)).toEqual(distinctPalette(151));
    expect(paletteFor(1)).toEqual([[0, 0, 0]]);
  });

  it('refuses counts that cannot be served', () => {
    expect(() => vocPalette(257)).toThrow(/distinctPalette/);
    expect(() => paletteFor(0)).toThrow(OptionError);
    expect(() => distinctPalette(1.5)).toThrow(OptionError);
  });
});
