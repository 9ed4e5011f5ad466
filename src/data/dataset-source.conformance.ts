import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import type { LabelMap, RgbImage } from '../image/index.js';
import { type DatasetSource, isKnownLabel, type Sample } from './dataset-source.js';

/** A source under test. */
export interface SourceUnderTest {
  readonly source: DatasetSource;
  /** The ids that it must list, in order. */
  readonly ids: readonly string[];
  /** The label that a sample must have; left out where it is not known. */
  readonly labelOf?: (id: string) => LabelMap;
  readonly dispose?: () => Promise<void>;
}

/** What every dataset source owes its callers; `open` is called once, before the tests. */
export function datasetSourceConformance(name: string, open: () => Promise<SourceUnderTest>): void {
  describe(`dataset source: ${name}`, () => {
    let source: DatasetSource;
    let expected: SourceUnderTest;

    beforeAll(async () => {
      expected = await open();
      source = expected.source;
    });
    afterAll(() => expected?.dispose?.());

    it('lists its samples, each once', () => {
      expect(source.size).toBeGreaterThan(0);
      expect(source.ids).toEqual(expected.ids);
      expect(source.ids).toHaveLength(source.size);
      expect(new Set(source.ids).size).toBe(source.size);
      expect(source.split).not.toBe('');
      expect(source.name).not.toBe('');
    });

    it('names its classes and gives each a colour', () => {
      expect(source.labels.length).toBeGreaterThan(0);
      expect(new Set(source.labels).size).toBe(source.labels.length);
      expect(source.palette).toHaveLength(source.labels.length);
      expect(Number.isInteger(source.ignoreValue)).toBe(true);
    });

    it('reads every sample: an image, and a label as large as it', async () => {
      for (let index = 0; index < source.size; index++) {
        const { id, image, label } = await source.read(index);
        expect(id).toBe(source.ids[index]);
        expect(image.data).toHaveLength(image.width * image.height * 3);
        expect(label !== undefined).toBe(source.labelled);
        if (label === undefined) continue;
        expect([label.width, label.height]).toEqual([image.width, image.height]);
        expect(label.data).toHaveLength(image.width * image.height);
        const unknown = [...new Set(label.data)].filter((value) => !isKnownLabel(value, source));
        expect(unknown).toEqual([]);
        if (expected.labelOf !== undefined) {
          expect(Array.from(label.data)).toEqual(Array.from(expected.labelOf(id).data));
        }
      }
    });

    it('reads the label alone as it reads it with the image', async () => {
      const { label } = await source.read(source.size - 1);
      expect(digest(await source.readLabel(source.size - 1))).toBe(digest(label));
    });

    it('gives the same sample again, in any order and many at once', async () => {
      const first: Sample = await source.read(0);
      const indices = Array.from({ length: 6 }, (_, i) => source.size - 1 - (i % source.size));
      const all = await Promise.all(indices.map((index) => source.read(index)));
      expect(all.map(({ id }) => id)).toEqual(indices.map((index) => source.ids[index]));
      const again = await source.read(0);
      expect(again.id).toBe(first.id);
      expect([digest(again.image), digest(again.label)]).toEqual([
        digest(first.image),
        digest(first.label),
      ]);
    });

    it.each([-1, 0.5, Number.NaN, 1e9])('refuses sample %f', async (index) => {
      await expect(source.read(index)).rejects.toThrow(OptionError);
      await expect(source.readLabel(index)).rejects.toThrow(OptionError);
    });
  });
}

/** Size and content of a picture in few characters: comparing real ones by element takes seconds. */
function digest(picture: RgbImage | LabelMap | undefined): string {
  if (picture === undefined) return 'none';
  const { width, height, data } = picture;
  return `${width}x${height} ${createHash('sha256').update(data).digest('hex')}`;
}
