import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceError, FormatError, OptionError } from '../../../core/errors.js';
import type { DatasetSource } from '../../dataset-source.js';
import { blockLabel, DatasetFolder, labelFiles, pictureFile } from '../dataset.fixture.js';
import type { ListedSource } from '../listed-source.js';
import { openDataset } from '../open-dataset.js';
import type { BatchOptions } from './batch-plan.js';
import { type Batch, openBatches } from './open-batches.js';

const palette = [
  [0, 0, 0],
  [250, 0, 0],
  [0, 250, 0],
] as const;
const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const options: BatchOptions = {
  batchSize: 3,
  seed: 5,
  augment: { crop: { width: 33, height: 17 }, brightness: 0.3, blur: 0.5 },
};

let folder: DatasetFolder;
let source: ListedSource;

async function writeSamples(root: string, values: readonly number[]): Promise<ListedSource> {
  const description = { classes: ['x', 'y', 'z'], palette };
  await folder.write(`${root}/dataset.json`, JSON.stringify(description));
  for (const id of ids) {
    const label = blockLabel(id, id === 'd' ? values : [0, 1, 2, 255]);
    await folder.write(`${root}/train/images/${id}.png`, await pictureFile(label, palette));
    await folder.write(`${root}/train/labels/${id}.png`, await labelFiles.grey(label));
  }
  return openDataset(folder.path(root));
}

/** A source that is no listing on disk. */
function custom(): DatasetSource {
  const { name, split, size, ids: names, labelled, labels, ignoreValue } = source;
  return {
    ...{ name, split, size, ids: names, labelled, labels, ignoreValue, palette },
    read: (index) => source.read(index),
    readLabel: (index) => source.readLabel(index),
  };
}

beforeAll(async () => {
  folder = await DatasetFolder.make();
  source = await writeSamples('good', [0, 1]);
});
afterAll(() => folder.remove());

async function take(
  count: number,
  changes: Partial<BatchOptions> = {},
  from: DatasetSource = source,
) {
  const batches = openBatches(from, { ...options, ...changes });
  const taken: Batch[] = [];
  try {
    for (let i = 0; i < count; i++) taken.push(await batches.next());
  } finally {
    await batches.dispose();
  }
  return taken;
}

function hash(data: ArrayBufferView): string {
  return createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');
}

/** A batch in few characters. */
function digest({ step, epoch, ids: names, images, labels }: Batch): string {
  return [step, epoch, names.join(), hash(images.data), hash(labels.data)].join(' ');
}

describe('batches', () => {
  it('have the shapes and types that a network is fed with', async () => {
    const [floats] = await take(1);
    expect(floats?.images).toMatchObject({ dtype: 'float32', shape: [3, 17, 33, 3] });
    expect(floats?.labels).toMatchObject({ dtype: 'uint8', shape: [3, 17, 33] });
    const [bytes] = await take(1, { imageType: 'uint8' });
    expect(bytes?.images.dtype).toBe('uint8');
    floats?.images.data.forEach((sample, i) => {
      expect(bytes?.images.data[i]).toBe(Math.floor(Number(sample) + 0.5));
    });
    expect(new Set(floats?.labels.data)).toEqual(new Set([0, 1, 2, 255]));
  });

  it('go through every sample, epoch after epoch, across batches', async () => {
    const taken = await take(7, { workers: 0 });
    expect(taken.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(taken.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 1, 1, 2, 2]);
    const order = taken.flatMap((batch) => batch.ids);
    for (const epoch of [0, 1, 2]) {
      expect([...order.slice(epoch * 7, epoch * 7 + 7)].sort()).toEqual(ids);
    }
    expect(order.slice(0, 7)).not.toEqual(order.slice(7, 14));
    const plain = await take(2, { shuffle: false, workers: 0 });
    expect(plain.flatMap((batch) => batch.ids)).toEqual(ids.slice(0, 6));
  });

  it('are the same whatever the threads, the look-ahead, the cache and the first step', async () => {
    const expected = (await take(6)).map(digest);
    for (const changes of [
      { workers: 0, cacheBytes: 1e9 },
      { workers: 2, lookAhead: 5, cacheBytes: 3000 },
      { workers: 3, cacheBytes: 1e9 },
    ]) {
      expect((await take(6, changes)).map(digest)).toEqual(expected);
    }
    expect((await take(6, {}, custom())).map(digest)).toEqual(expected);
    expect((await take(3, { firstStep: 3 })).map(digest)).toEqual(expected.slice(3));
    expect((await take(6, { seed: 6, workers: 0 })).map(digest)).not.toEqual(expected);
    const [far] = await take(1, { firstStep: 1_000_000, workers: 0 });
    expect(far?.step).toBe(1_000_000);
  });

  it('show a sample differently in every epoch', async () => {
    const taken = await take(5, { batchSize: 7, shuffle: false, workers: 0 });
    expect(new Set(taken.map(({ images }) => hash(images.data))).size).toBe(5);
  });

  it.each([0, 2])(
    'in recycled arrays, with %i threads, are what they would be in new ones',
    async (workers) => {
      const expected = (await take(6)).map(digest);
      const batches = openBatches(source, { ...options, workers });
      const found: string[] = [];
      const buffers = new Set<ArrayBufferLike>();
      for (let i = 0; i < 6; i++) {
        const batch = await batches.next();
        found.push(digest(batch));
        buffers.add(batch.images.data.buffer);
        batches.recycle(batch);
      }
      expect(found).toEqual(expected);
      if (workers === 0) expect(buffers.size).toBe(1);
      // Arrays that went to another thread do no harm.
      const moved = await batches.next();
      structuredClone(moved.images.data, { transfer: [moved.images.data.buffer as ArrayBuffer] });
      batches.recycle(moved);
      expect((await batches.next()).images.data.length).toBeGreaterThan(0);
      await batches.dispose();
    },
  );

  it('larger than the dataset', async () => {
    const [first] = await take(1, { batchSize: 16, workers: 0 });
    expect(first?.ids).toHaveLength(16);
  });
});

describe('batches that cannot be made', () => {
  it.each([0, 2])('with %i threads: unknown labels, naming the sample', async (workers) => {
    const bad = await writeSamples(`bad-${workers}`, [0, 1, 77]);
    const batches = openBatches(bad, { ...options, workers, shuffle: false });
    try {
      expect((await batches.next()).ids).toEqual(['a', 'b', 'c']);
      const outcome = batches.next();
      await expect(outcome).rejects.toThrow(FormatError);
      await expect(outcome).rejects.toThrow(/^sample "d": labels outside.*77 \(.*histogram/);
      // The others are not lost.
      expect((await batches.next()).step).toBe(2);
    } finally {
      await batches.dispose();
    }
  });

  it.each([0, 1])('with %i threads: a damaged file, naming the sample', async (workers) => {
    const damaged = await writeSamples(`damaged-${workers}`, [0, 1]);
    await folder.write(`damaged-${workers}/train/images/e.png`, 'no picture');
    const batches = openBatches(damaged, { ...options, workers, shuffle: false });
    try {
      await batches.next();
      await expect(batches.next()).rejects.toThrow(/^sample "e", .*e\.png: not a picture/);
    } finally {
      await batches.dispose();
    }
  });

  it('after disposal, and while disposing', async () => {
    const batches = openBatches(source, options);
    await batches.next();
    const pending = batches.next().catch((error: unknown) => error);
    await batches.dispose();
    const outcome = await pending;
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(DeviceError);
    await expect(batches.next()).rejects.toThrow(DeviceError);
    await batches.dispose();
  });

  it.each<[Partial<BatchOptions>, string]>([
    [{ batchSize: 0 }, 'batchSize: '],
    [{ seed: 0.5 }, 'seed: '],
    [{ firstStep: -1 }, 'firstStep: '],
    [{ workers: -1 }, 'workers: '],
    [{ cacheBytes: Number.NaN }, 'cacheBytes: '],
    [{ augment: { crop: { width: 33, height: 17 }, flip: 7 } }, 'flip: '],
  ])('with %o', (changes, place) => {
    const open = (): unknown => openBatches(source, { ...options, ...changes });
    expect(open).toThrow(OptionError);
    expect(open).toThrow(place);
  });

  it('of a split without labels', () => {
    expect(() => openBatches({ ...custom(), labelled: false }, options)).toThrow(
      'a split without labels cannot train',
    );
  });
});
