import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkLabels } from '../check-labels.js';
import { datasetSourceConformance } from '../dataset-source.conformance.js';
import { type OpenDatasetOptions, openDataset } from './open-dataset.js';

const shared = path.resolve(process.cwd(), '../shared/data');
const at = (...parts: readonly string[]): string => path.join(shared, ...parts);

/** Real pairs in the official layouts; the folder lies outside the repository. */
const samples: readonly (readonly [name: string, folder: string, OpenDatasetOptions, number])[] = [
  ['VOC 2012 train', 'voc-sample', { split: 'train' }, 8],
  ['VOC 2012 val', 'voc-sample', { split: 'val' }, 2],
  ['Cityscapes', 'cityscapes-sample', {}, 2],
  ['ADE20K', 'ade20k-sample', { split: 'val' }, 3],
];

for (const [name, folder, options, size] of samples) {
  describe.skipIf(!existsSync(at(folder)))(`real files of ${name}`, () => {
    datasetSourceConformance(name, async () => {
      const source = await openDataset(at(folder), options);
      expect(source.size).toBe(size);
      return { source, ids: source.ids };
    });
  });
}

describe.skipIf(!existsSync(at('camvid')))('CamVid as a folder', () => {
  it('has the published splits and classes, and sound labels', async () => {
    const source = await openDataset(at('camvid'), { split: 'train' });
    expect(source.size).toBe(367);
    const histogram = await checkLabels(source, { limit: 40 });
    expect(histogram.pixels).toBe(40 * 480 * 360);
    expect(histogram.classes.every(({ pixels }) => pixels > 0)).toBe(true);
    expect((await openDataset(at('camvid', 'val'))).size).toBe(101);
  });
});

describe.skipIf(!existsSync(at('voc-animals')))('VOC animals, opened by the split', () => {
  it('has palette labels whose indices are classes', async () => {
    const source = await openDataset(at('voc-animals', 'val'));
    expect([source.split, source.size, source.labels.length]).toEqual(['val', 223, 21]);
    const histogram = await checkLabels(source, { limit: 30 });
    expect(histogram.unknown).toEqual([]);
    expect(histogram.classes[0]?.pixels).toBeGreaterThan(histogram.pixels / 2);
  });
});

describe.skipIf(!existsSync(at('cityscapes-sample')))('Cityscapes label ids', () => {
  it('become train ids: mostly road, building and vegetation', async () => {
    const histogram = await checkLabels(await openDataset(at('cityscapes-sample')));
    const largest = [...histogram.classes].sort((a, b) => b.pixels - a.pixels).slice(0, 3);
    expect(largest.map(({ label }) => label)).toEqual(['road', 'building', 'vegetation']);
  });
});
