import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FormatError, OutputError } from '../../../core/errors.js';
import {
  decodeExample,
  singleBytes,
  singleInteger,
  singleText,
} from '../../../formats/tensorflow/example/index.js';
import { readRecords } from '../../../formats/tensorflow/record-file/index.js';
import { readRawPng } from '../../../image/node/png.fixture.js';
import {
  blockLabel,
  DatasetFolder,
  labelFiles,
  pictureFile,
  pictureOf,
} from '../dataset.fixture.js';
import type { ListedSource } from '../listed-source.js';
import { openDataset } from '../open-dataset.js';
import { convertDataset } from './convert-dataset.js';

const palette = [
  [0, 0, 0],
  [250, 0, 0],
  [0, 250, 0],
] as const;
const ids = ['a', 'b', 'c', 'd', 'e'];

let folder: DatasetFolder;
let source: ListedSource;

async function writeSamples(root: string): Promise<ListedSource> {
  await folder.write(`${root}/dataset.json`, JSON.stringify({ classes: ['x', 'y', 'z'], palette }));
  for (const id of ids) {
    const label = blockLabel(id, [0, 1, 2, 255]);
    const { width, height, data } = pictureOf(label, palette);
    const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg()
      .toBuffer();
    await folder.write(`${root}/train/images/${id}.jpg`, jpeg);
    await folder.write(`${root}/train/labels/${id}.png`, await labelFiles.palette(label, palette));
  }
  return openDataset(folder.path(root));
}

beforeAll(async () => {
  folder = await DatasetFolder.make();
  source = await writeSamples('good');
});
afterAll(() => folder.remove());

describe('conversion to TFRecord', () => {
  it('writes shards, keys and formats as the original does', async () => {
    const written = await convertDataset(source, folder.path('records'), {
      to: 'tfrecord',
      shards: 3,
    });
    const names = [0, 1, 2].map((shard) => `train-0000${shard}-of-00003.tfrecord`);
    expect((await readdir(folder.path('records'))).sort()).toEqual(['dataset.json', ...names]);
    expect(written).toEqual(['dataset.json', ...names].map((name) => folder.path('records', name)));
    const counts: number[] = [];
    const filenames: string[] = [];
    for (const name of names) {
      const path = folder.path('records', name);
      let count = 0;
      for await (const { data } of readRecords(createReadStream(path), path)) {
        const example = decodeExample(data, 'test');
        expect([...example.keys()].sort()).toEqual([
          'image/channels',
          'image/encoded',
          'image/filename',
          'image/format',
          'image/height',
          'image/segmentation/class/encoded',
          'image/segmentation/class/format',
          'image/width',
        ]);
        const id = singleText(example, 'image/filename', 'test');
        filenames.push(id);
        expect(singleText(example, 'image/format', 'test')).toBe('jpeg');
        expect(singleText(example, 'image/segmentation/class/format', 'test')).toBe('png');
        expect(singleInteger(example, 'image/width', 'test')).toBe(24);
        expect(singleInteger(example, 'image/height', 'test')).toBe(16);
        expect(singleInteger(example, 'image/channels', 'test')).toBe(3);
        // The very bytes of the image file; the label as grey PNG of one channel.
        const file = await readFile(folder.path('good', 'train', 'images', `${id}.jpg`));
        expect(Buffer.from(singleBytes(example, 'image/encoded', 'test'))).toEqual(file);
        const png = singleBytes(example, 'image/segmentation/class/encoded', 'test');
        const { colourType, bitDepth, samples } = readRawPng(png);
        expect([colourType, bitDepth]).toEqual([0, 8]);
        expect([...samples]).toEqual([...blockLabel(id, [0, 1, 2, 255]).data]);
        count++;
      }
      counts.push(count);
    }
    expect(counts).toEqual([2, 2, 1]);
    expect(filenames).toEqual(ids);
  });

  it('re-encodes upright what EXIF turns', async () => {
    const root = 'turned';
    await folder.write(`${root}/dataset.json`, JSON.stringify({ classes: ['x', 'y'] }));
    const label = blockLabel('a', [0, 1], 10, 30);
    const upright = await sharp(await pictureFile(label, palette))
      .rotate(270)
      .toBuffer();
    const turned = await sharp(upright).withMetadata({ orientation: 6 }).png().toBuffer();
    await folder.write(`${root}/train/images/a.png`, turned);
    await folder.write(`${root}/train/labels/a.png`, await labelFiles.grey(label));
    await convertDataset(await openDataset(folder.path(root)), folder.path('upright'), {
      to: 'folder',
    });
    const file = folder.path('upright', 'train', 'images', 'a.png');
    const { width, height, orientation } = await sharp(file).metadata();
    expect([width, height, orientation ?? 1]).toEqual([10, 30, 1]);
  });
});

describe('conversion that fails', () => {
  it('leaves nothing behind: unknown labels', async () => {
    await folder.write('odd/dataset.json', JSON.stringify({ classes: ['x', 'y', 'z'] }));
    for (const id of ids) {
      const label = blockLabel(id, id === 'd' ? [0, 99] : [0, 1]);
      await folder.write(`odd/train/images/${id}.png`, await pictureFile(label, palette));
      await folder.write(`odd/train/labels/${id}.png`, await labelFiles.grey(label));
    }
    const broken = await openDataset(folder.path('odd'));
    for (const to of ['folder', 'tfrecord'] as const) {
      const outcome = convertDataset(broken, folder.path(`odd-${to}`), { to });
      await expect(outcome).rejects.toThrow(FormatError);
      await expect(outcome).rejects.toThrow(/^sample "d": labels outside/);
      expect(await readdir(folder.path(`odd-${to}`))).toEqual([]);
    }
  });

  it('leaves nothing behind: an abort', async () => {
    for (const to of ['folder', 'tfrecord'] as const) {
      const abort = new AbortController();
      let samples = 0;
      const outcome = convertDataset(source, folder.path(`ended-${to}`), {
        to,
        signal: abort.signal,
        onSample: () => {
          if (++samples === 3) abort.abort();
        },
      });
      await expect(outcome).rejects.toThrow();
      expect(samples).toBe(3);
      expect(await readdir(folder.path(`ended-${to}`))).toEqual([]);
    }
  });

  it('does not replace a split or another dataset', async () => {
    for (const to of ['folder', 'tfrecord'] as const) {
      const out = folder.path(`there-${to}`);
      await convertDataset(source, out, { to });
      const before = await readdir(out);
      await expect(convertDataset(source, out, { to })).rejects.toThrow(OutputError);
      expect(await readdir(out)).toEqual(before);
    }
    await folder.write('other/dataset.json', '{"classes": ["p", "q"]}');
    await expect(convertDataset(source, folder.path('other'), { to: 'folder' })).rejects.toThrow(
      'other classes',
    );
    expect(await readdir(folder.path('other'))).toEqual(['dataset.json']);
  });

  it('a file where the folder should be', async () => {
    await folder.write('file', '');
    for (const to of ['folder', 'tfrecord'] as const) {
      const outcome = convertDataset(source, folder.path('file'), { to });
      await expect(outcome).rejects.toThrow(OutputError);
    }
  });
});
