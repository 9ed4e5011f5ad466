import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockLabel, labelFiles, pictureFile } from '../../../src/data/node/dataset.fixture.js';
import { decodeImage } from '../../../src/image/node/index.js';
import { Workplace } from '../cli.fixture.js';

const place = new Workplace();
const palette = [
  [0, 0, 0],
  [250, 0, 0],
  [0, 250, 0],
] as const;

beforeAll(async () => {
  place.write('pets/dataset.json', JSON.stringify({ classes: ['none', 'cat', 'dog'], palette }));
  for (const [split, ids] of Object.entries({ train: ['a', 'b', 'c'], val: ['d'] })) {
    for (const id of ids) {
      const label = blockLabel(id, [0, 1, 2, 255]);
      place.write(`pets/${split}/images/${id}.png`, await pictureFile(label, palette));
      place.write(`pets/${split}/labels/${id}.png`, await labelFiles.palette(label, palette));
    }
  }
  place.write('bad/dataset.json', JSON.stringify({ classes: ['none', 'cat'] }));
  for (const id of ['a', 'b', 'c', 'd']) {
    const label = blockLabel(id, [0, id === 'b' ? 128 : 1]);
    place.write(`bad/train/images/${id}.png`, await pictureFile(label, palette));
    if (id === 'd') continue;
    const small = blockLabel(id, [0, 1], 12, 8);
    place.write(`bad/train/labels/${id}.png`, await labelFiles.grey(id === 'c' ? small : label));
  }
});
afterAll(() => place.remove());

describe('atrous dataset inspect', () => {
  it('shows histogram, sizes and a contact sheet of every split', async () => {
    const { code, stdout, stderr } = await place.run(['dataset', 'inspect', 'pets']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('split train, 3 images');
    expect(stdout).toContain('split val, 1 images');
    expect(stdout).toMatch(/\nsizes: 24x16 \(3\)\n/);
    expect(stdout).toMatch(/\n +1 {2}cat +\d+ +\d+\.\d\d % +3\n/);
    expect(stdout).toMatch(/\n +255 {2}\(ignored\) /);
    expect(stdout).toContain('nothing wrong\n');
    const sheet = await decodeImage(place.path('pets-train-sheet.png'));
    expect(sheet.width).toBeGreaterThan(600);
    expect(place.list('.')).toContain('pets-val-sheet.png');
  });

  it('lists what is wrong, exit code 1', async () => {
    const { code, stdout } = await place.run(['dataset', 'inspect', 'bad', '--no-sheet']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/1 file that cannot be read:\n {2}sample "d", .*d\.png: no such file\n/);
    expect(stdout).toContain('"c": image 24x16, label 12x8\n');
    expect(stdout).toMatch(/ {2}128: \d+ pixels in 1 label, first in "b" at x \d+, y \d+\n/);
    expect(place.list('.').filter((name) => name.startsWith('bad-'))).toEqual([]);
  });

  it('as JSON, an object a line', async () => {
    const { code, stdout } = await place.run([
      ...['dataset', 'inspect', 'bad', '--json', '--sheet', 'sheet.png'],
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      split: 'train',
      format: 'folder',
      size: 4,
      imageSizes: [{ width: 24, height: 16, images: 4 }],
      histogram: { samples: 3, unknown: [{ value: 128, samples: 1, firstId: 'b' }] },
      unreadable: [{ id: 'd', part: 'label' }],
      mismatches: [{ id: 'c' }],
      contactSheet: 'sheet.png',
    });
    expect(place.list('.')).toContain('sheet.png');
  });

  it.each([
    [['nowhere'], /^nowhere: no such folder/],
    [['pets', '--split', 'test'], /no split "test" \(expected one of train, val\)/],
    [['pets', '--format', 'voc'], /no dataset that is known/],
  ])('%o cannot start: one line, exit code 2', async (args, message) => {
    const { code, complaints, stdout } = await place.run(['dataset', 'inspect', ...args]);
    expect([code, stdout, complaints]).toEqual([2, '', [expect.stringMatching(message)]]);
  });
});

describe('atrous dataset convert', () => {
  it('to TFRecord and back gives the same dataset', async () => {
    const to = await place.run(['dataset', 'convert', 'pets', 'records', '--to', 'tfrecord']);
    expect([to.code, to.stderr]).toEqual([0, '']);
    expect(place.list('records')).toEqual([
      'dataset.json',
      'train-00000-of-00003.tfrecord',
      'train-00001-of-00003.tfrecord',
      'train-00002-of-00003.tfrecord',
      'val-00000-of-00001.tfrecord',
    ]);
    const back = await place.run(['dataset', 'convert', 'records', 'back', '--to', 'folder']);
    expect(back.code).toBe(0);
    const inspected = await Promise.all(
      ['pets', 'back'].map((path) =>
        place.run(['dataset', 'inspect', path, '--split', 'train', '--json', '--no-sheet']),
      ),
    );
    const [before, after] = inspected.map(({ stdout }) => JSON.parse(stdout));
    expect({ ...after, name: '' }).toEqual({ ...before, name: '' });
  });

  it('of a bad split: one line, nothing left', async () => {
    const { code, complaints } = await place.run([
      ...['dataset', 'convert', 'bad', 'bad-out', '--to', 'folder'],
    ]);
    expect([code, complaints]).toEqual([2, [expect.stringMatching(/1 of 4 labels do not exist/)]]);
    expect(place.list('.')).not.toContain('bad-out');
  });

  it('needs to know the layout', async () => {
    const { code, complaints } = await place.run(['dataset', 'convert', 'pets', 'x']);
    expect([code, complaints.length]).toEqual([2, 1]);
    expect(complaints[0]).toContain('--to');
  });
});
