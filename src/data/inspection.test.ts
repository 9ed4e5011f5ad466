import { describe, expect, it } from 'vitest';
import { FormatError } from '../core/errors.js';
import type { TextRasteriser } from '../image/index.js';
import { type LabelMap, labelMap, type RgbImage, rgbImage } from '../image/index.js';
import { ContactSheet, contactSheetSamples } from './contact-sheet.js';
import type { Sample } from './dataset-source.js';
import { type InspectableSource, inspectDataset, isSound } from './inspection.js';

const classes = {
  labels: ['background', 'cat'],
  palette: [
    [0, 0, 0],
    [200, 0, 0],
  ],
  ignoreValue: 255,
} as const;

function sourceOf(
  samples: readonly { image: RgbImage | Error; label: LabelMap | Error }[],
): InspectableSource {
  const given = async <T>(value: T | Error | undefined): Promise<T> => {
    if (value instanceof Error || value === undefined) throw value;
    return value;
  };
  return {
    ...classes,
    name: 'test',
    split: 'train',
    size: samples.length,
    ids: samples.map((_, i) => `id${i}`),
    labelled: true,
    read: (index) => given<Sample>(new Error(`sample ${index} is not read whole`)),
    readImage: (index) => given<RgbImage>(samples[index]?.image),
    readLabel: (index) => given<LabelMap>(samples[index]?.label),
  };
}

const image = rgbImage(20, 10);
const label = labelMap(20, 10);
label.data.fill(1, 100);

describe('inspection', () => {
  it('of a sound dataset', async () => {
    const source = sourceOf([
      { image, label },
      { image, label },
      { image: rgbImage(5, 6), label: labelMap(5, 6) },
    ]);
    const inspection = await inspectDataset(source);
    expect(isSound(inspection)).toBe(true);
    expect(inspection.imageSizes).toEqual([
      { width: 20, height: 10, images: 2 },
      { width: 5, height: 6, images: 1 },
    ]);
    expect(inspection.histogram.classes.map(({ pixels }) => pixels)).toEqual([230, 200]);
  });

  it('lists everything that is wrong and throws nothing', async () => {
    const odd = labelMap(20, 10);
    odd.data[45] = 128;
    const damage = new FormatError({ place: 'a.jpg', problem: 'damaged' });
    const source = sourceOf([
      { image: damage, label },
      { image, label: damage },
      { image, label: labelMap(10, 20) },
      { image, label: odd },
    ]);
    const seen: (string | undefined)[] = [];
    const inspection = await inspectDataset(source, {
      onSample: (sample) => seen.push(sample?.id),
    });
    expect(isSound(inspection)).toBe(false);
    expect(inspection.unreadable).toEqual([
      { id: 'id0', part: 'image', problem: 'a.jpg: damaged' },
      { id: 'id1', part: 'label', problem: 'a.jpg: damaged' },
    ]);
    expect(inspection.mismatches).toEqual([
      { id: 'id2', image: { width: 20, height: 10 }, label: { width: 10, height: 20 } },
    ]);
    expect(inspection.histogram.unknown).toEqual([
      { value: 128, pixels: 1, samples: 1, firstId: 'id3', firstX: 5, firstY: 2 },
    ]);
    expect(seen.sort()).toEqual(['id1', 'id2', 'id3', undefined]);
  });
});

describe('the contact sheet', () => {
  /** Every text as a black bar. */
  const bars: TextRasteriser = async (texts, size) =>
    texts.map((text) => ({
      width: text.length * 5,
      height: size,
      baseline: size,
      data: new Uint8Array(text.length * 5 * size).fill(255),
    }));

  it('shows pictures with their labels, unknown values in magenta', async () => {
    const odd = labelMap(20, 10);
    odd.data.fill(77, 0, 100);
    const source = sourceOf([
      { image: rgbImage(20, 10, new Uint8Array(600).fill(100)), label: odd },
      { image, label },
    ]);
    const sheet = new ContactSheet(classes, source.size);
    const { histogram } = await inspectDataset(source, {
      onSample: (each) => each && sheet.add(each.index, each.id, each.image, each.label),
    });
    const picture = await sheet.draw(histogram, bars);
    const colours = new Set<string>();
    for (let at = 0; at < picture.data.length; at += 3) {
      colours.add([...picture.data.subarray(at, at + 3)].join());
    }
    expect(colours).toContain('255,0,255');
    // The cat's red, laid over black; the untinted background; the paper.
    expect([...colours].some((colour) => /^1[12]\d,0,0$/.test(colour))).toBe(true);
    expect(colours).toContain('100,100,100');
    expect(colours).toContain('255,255,255');
  });

  it('is bounded, whatever the dataset', async () => {
    const size = 1000;
    const sheet = new ContactSheet(classes, size);
    for (let i = 0; i < size; i++) sheet.add(i, `a very long name of a picture ${i}`, image, label);
    const { histogram } = await inspectDataset(sourceOf([{ image, label }]));
    const picture = await sheet.draw(histogram, bars);
    expect(contactSheetSamples).toBe(24);
    expect(picture.width).toBeLessThan(1500);
    expect(picture.height).toBeLessThan(1200);
    const empty = new ContactSheet(classes, size);
    expect((await empty.draw(histogram, bars)).width).toBeGreaterThan(0);
  });
});
