import { describe, expect, it } from 'vitest';
import { FormatError, OptionError } from '../core/errors.js';
import { type LabelMap, labelMap, type Palette, rgbImage } from '../image/index.js';
import { checkLabel, checkLabels, formatHistogram } from './check-labels.js';
import type { DatasetSource } from './dataset-source.js';

const palette: Palette = [
  [0, 0, 0],
  [9, 9, 9],
  [1, 2, 3],
];

/** A source of labels in memory. */
function sourceOf(labels: readonly LabelMap[], ignoreValue = 255): DatasetSource {
  return {
    name: 'test',
    split: 'train',
    size: labels.length,
    ids: labels.map((_, i) => `id${i}`),
    labelled: true,
    labels: ['sky', 'road', 'car'],
    palette,
    ignoreValue,
    read: async (index) => ({ id: `id${index}`, image: rgbImage(4, 2) }),
    readLabel: async (index) => labels[index],
  };
}

const label = (...values: readonly number[]): LabelMap => labelMap(4, 2, Uint8Array.from(values));
const sound = label(0, 0, 1, 1, 0, 0, 255, 2);

describe('checking labels', () => {
  it('counts classes and ignored pixels', async () => {
    const histogram = await checkLabels(sourceOf([sound, label(0, 0, 0, 0, 0, 0, 0, 0)]));
    expect(histogram).toMatchObject({ samples: 2, pixels: 16, ignored: 1, unknown: [] });
    expect(histogram.classes).toEqual([
      { label: 'sky', pixels: 12, samples: 2 },
      { label: 'road', pixels: 2, samples: 1 },
      { label: 'car', pixels: 1, samples: 1 },
    ]);
    expect(formatHistogram(histogram)).toBe(
      '0 sky 75.0 %, 1 road 12.5 %, 2 car 6.3 %, ignored 6.3 %',
    );
  });

  it('refuses values outside the classes with place and histogram, on one line', async () => {
    const odd = label(0, 0, 0, 0, 0, 128, 128, 255);
    const outcome = checkLabels(sourceOf([sound, odd]));
    await expect(outcome).rejects.toThrow(FormatError);
    await expect(outcome).rejects.toThrow(
      /^test train: labels outside the 3 classes \(expected 0 to 2, or 255 .*found 128 \(2 pixels\), first in "id1" at x 1, y 1; histogram of 2 labels: 0 sky 56\.3 %,.*unknown 12\.5 %\)/,
    );
  });

  it('an ignored class, as in ADE20K, is sound and counted once', async () => {
    const histogram = await checkLabels(sourceOf([label(0, 0, 1, 1, 1, 1, 2, 2)], 0));
    expect(formatHistogram(histogram)).toBe('1 road 50.0 %, 2 car 25.0 %, ignored 25.0 %');
  });

  it('a limit looks at samples spread over the split', async () => {
    const labels = Array.from({ length: 100 }, () => sound);
    expect((await checkLabels(sourceOf(labels), { limit: 7 })).samples).toBe(7);
    const last = [
      ...labels.slice(0, 50),
      ...Array.from({ length: 50 }, () => label(9, 0, 0, 0, 0, 0, 0, 0)),
    ];
    await expect(checkLabels(sourceOf(last), { limit: 2 })).rejects.toThrow('9 (1 pixels)');
  });

  it('16-bit values, and many kinds of unknown ones', async () => {
    const wide = labelMap(4, 2, Uint16Array.of(300, 301, 302, 303, 304, 305, 306, 65_535));
    await expect(checkLabels(sourceOf([wide]))).rejects.toThrow('and 3 more');
  });

  it('a single label in memory', () => {
    const source = sourceOf([]);
    expect(() => checkLabel('x', sound, source)).not.toThrow();
    expect(() => checkLabel('x', label(0, 7, 0, 0, 0, 0, 0, 0), source)).toThrow(
      /^sample "x": labels outside.*7 \(1 pixels\)/,
    );
  });

  it('nothing to check', async () => {
    const test = { ...sourceOf([sound]), labelled: false };
    await expect(checkLabels(test)).rejects.toThrow(OptionError);
  });
});
