import { describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import { type LabelMap, labelMap, type RgbImage, rgbImage } from './image.js';
import { colouriseLabels, outlineWidth, overlayLabels } from './overlay.js';
import { vocPalette, voidColour } from './palette.js';

const palette = vocPalette();

function pixel(image: RgbImage, x: number, y: number): number[] {
  return [...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3)];
}

/** A grey picture with a 6x6 square of class 15 in its middle. */
function square(): { image: RgbImage; labels: LabelMap } {
  const labels = labelMap(12, 12);
  for (let y = 3; y < 9; y++) labels.data.fill(15, y * 12 + 3, y * 12 + 9);
  return { image: rgbImage(12, 12, new Uint8Array(432).fill(100)), labels };
}

describe('overlay', () => {
  it('tints classes by alpha and leaves the background and the input alone', () => {
    const { image, labels } = square();
    const options = { palette, alpha: 0.25, background: 0, outline: 0 };
    const overlay = overlayLabels(image, labels, options);
    expect(pixel(overlay, 0, 0)).toEqual([100, 100, 100]);
    // 0.75 * 100 + 0.25 * [192, 128, 128]
    expect(pixel(overlay, 4, 4)).toEqual([123, 107, 107]);
    expect(pixel(image, 4, 4)).toEqual([100, 100, 100]);
  });

  it('tints every class where no background is given', () => {
    const { image, labels } = square();
    const overlay = overlayLabels(image, labels, { palette, alpha: 0.5, outline: 0 });
    expect(pixel(overlay, 0, 0)).toEqual([50, 50, 50]);
  });

  it('is the picture at alpha 0 and the colours at alpha 1', () => {
    const { image, labels } = square();
    const plain = overlayLabels(image, labels, { palette, alpha: 0, outline: 0 });
    expect(plain.data).toEqual(image.data);
    const full = overlayLabels(image, labels, { palette, alpha: 1, outline: 0 });
    expect(full.data).toEqual(colouriseLabels(labels, palette).data);
  });

  it('draws a light line of the given width just inside a region', () => {
    const { image, labels } = square();
    for (const outline of [1, 2]) {
      const plain = overlayLabels(image, labels, { palette, background: 0, outline: 0 });
      const lined = overlayLabels(image, labels, { palette, background: 0, outline });
      for (let y = 0; y < 12; y++) {
        for (let x = 0; x < 12; x++) {
          const depth = Math.min(x - 3, y - 3, 8 - x, 8 - y);
          const onLine = depth >= 0 && depth < outline;
          if (onLine) expect(Math.min(...pixel(lined, x, y))).toBeGreaterThan(150);
          else expect(pixel(lined, x, y)).toEqual(pixel(plain, x, y));
        }
      }
    }
  });

  it('draws no line where a region leaves the picture', () => {
    const labels = labelMap(8, 8, new Uint8Array(64).fill(8));
    const image = rgbImage(8, 8);
    const plain = overlayLabels(image, labels, { palette, background: 0, outline: 0 });
    expect(overlayLabels(image, labels, { palette, background: 0 }).data).toEqual(plain.data);
  });

  it('scales the line with the picture', () => {
    expect(outlineWidth(1, 1)).toBe(1);
    expect(outlineWidth(500, 375)).toBe(2);
    expect(outlineWidth(4000, 3000)).toBe(8);
  });

  it('leaves labels beyond the palette untinted', () => {
    const image = rgbImage(2, 1, Uint8Array.of(1, 2, 3, 4, 5, 6));
    const overlay = overlayLabels(image, labelMap(2, 1, Uint8Array.of(255, 255)), { palette });
    expect(overlay.data).toEqual(image.data);
  });

  it('works on a single pixel and on strips', () => {
    for (const [width, height] of [
      [1, 1],
      [5000, 1],
      [1, 5000],
    ] as const) {
      const labels = labelMap(width, height, new Uint8Array(width * height).fill(1));
      const overlay = overlayLabels(rgbImage(width, height), labels, { palette });
      expect(pixel(overlay, width - 1, height - 1)).toEqual([64, 0, 0]);
    }
  });

  it('refuses a label map of another size and options out of range', () => {
    const image = rgbImage(3, 2);
    expect(() => overlayLabels(image, labelMap(2, 3), { palette })).toThrow(
      /expected 3x2, found 2x3/,
    );
    const labels = labelMap(3, 2);
    expect(() => overlayLabels(image, labels, { palette, alpha: 1.5 })).toThrow(OptionError);
    expect(() => overlayLabels(image, labels, { palette, outline: -1 })).toThrow(OptionError);
  });
});

describe('colourised label map', () => {
  it('shows each class in its colour and void in its own', () => {
    const labels = labelMap(3, 1, Uint16Array.of(2, 15, 255));
    expect([...colouriseLabels(labels, palette).data]).toEqual([
      ...[0, 128, 0],
      ...[192, 128, 128],
      ...voidColour,
    ]);
  });
});
