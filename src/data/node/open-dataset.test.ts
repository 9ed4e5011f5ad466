import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AtrousError, FormatError, OptionError } from '../../core/errors.js';
import { blockLabel, DatasetFolder, labelFiles, pictureFile } from './dataset.fixture.js';
import { openDataset } from './open-dataset.js';
import type { SampleChoice } from './sample-choice.js';

const palette = [
  [0, 0, 0],
  [255, 0, 0],
] as const;
const description = '{"classes": ["nothing", "thing"], "palette": [[0, 0, 0], [255, 0, 0]]}';

let folder: DatasetFolder;
beforeAll(async () => {
  folder = await DatasetFolder.make();
});
afterAll(() => folder.remove());

async function writeSample(root: string, id: string): Promise<void> {
  const label = blockLabel(id, [0, 1]);
  await folder.write(`${root}/images/${id}.png`, await pictureFile(label, palette));
  await folder.write(`${root}/labels/${id}.png`, await labelFiles.grey(label));
}

/** The one-line error that a call must end in. */
async function refusal(call: Promise<unknown>): Promise<AtrousError> {
  const outcome = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(outcome).toBeInstanceOf(AtrousError);
  expect((outcome as AtrousError).message).not.toContain('\n');
  return outcome as AtrousError;
}

describe('opening datasets', () => {
  it('says what was recognised', async () => {
    await folder.write('pets/dataset.json', description);
    await writeSample('pets/train', 'a');
    await writeSample('pets/val', 'b');
    const source = await openDataset(folder.path('pets'), { split: 'val' });
    expect(source.description).toBe(
      'folder with dataset.json, split val, 1 images, labels from labels',
    );
  });

  it('names the splits there are', async () => {
    const unknown = await refusal(openDataset(folder.path('pets'), { split: 'test' }));
    expect(unknown).toBeInstanceOf(OptionError);
    expect(unknown.message).toContain('no split "test" (expected one of train, val)');
    const unsaid = await refusal(openDataset(folder.path('pets')));
    expect(unsaid.message).toContain('which split is not said (expected one of train, val)');
  });

  it('refuses what is no dataset, saying what it looked for and what it saw', async () => {
    await folder.write('photos/a.jpg', '');
    const unknown = await refusal(openDataset(folder.path('photos')));
    expect(unknown.message).toMatch(/no dataset that is known .*\(voc\).*found a\.jpg/);
    expect((await refusal(openDataset(folder.path('nowhere')))).message).toContain(
      'no such folder',
    );
    const file = await refusal(openDataset(folder.path('photos', 'a.jpg')));
    expect(file.message).toContain('not a folder');
    const forced = await refusal(openDataset(folder.path('pets'), { format: 'voc' }));
    expect(forced.message).toMatch(/JPEGImages with ImageSets\/Segmentation \(voc\), found/);
  });

  it('refuses an empty split', async () => {
    await folder.write('empty/dataset.json', description);
    await folder.write('empty/train/images/.keep', '');
    await folder.write('empty/train/labels/.keep', '');
    const error = await refusal(openDataset(folder.path('empty'), { split: 'train' }));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain('the dataset is empty');
  });

  it('takes the samples that are asked for, and refuses names that are not there', async () => {
    await folder.write('drives/dataset.json', description);
    for (const id of ['a_1', 'a_2', 'b_1', 'b.2']) await writeSample('drives/train', id);
    const ids = async (options: SampleChoice) =>
      (await openDataset(folder.path('drives'), options)).ids;
    expect(await ids({ include: ['a_*', 'b.2'] })).toEqual(['a_1', 'a_2', 'b.2']);
    expect(await ids({ exclude: ['*_1'] })).toEqual(['a_2', 'b.2']);
    expect(await ids({ include: ['a*'], exclude: ['a_2'] })).toEqual(['a_1']);
    const unknown = await refusal(ids({ exclude: ['c*'] }));
    expect(unknown.message).toMatch(/split train: no sample is called "c\*".*found 4 samples, a_1/);
    const none = await refusal(ids({ include: ['b_1'], exclude: ['b*'] }));
    expect(none.message).toContain('no sample is left');
  });

  it('refuses missing labels, unless they are to be inspected', async () => {
    await folder.write('gaps/dataset.json', description);
    for (const id of ['a', 'b', 'c']) await writeSample('gaps/train', id);
    const label = blockLabel('d', [0, 1]);
    await folder.write('gaps/train/images/d.png', await pictureFile(label, palette));
    const error = await refusal(openDataset(folder.path('gaps')));
    expect(error.message).toMatch(/1 of 4 labels do not exist .*labels.d\.png/);
    const source = await openDataset(folder.path('gaps'), { allowMissing: true });
    expect((await source.read(0)).label).toBeDefined();
    expect((await refusal(source.read(3))).message).toMatch(/^sample "d", .*d\.png: no such file/);
  });

  it('refuses two images of one name', async () => {
    await folder.write('twice/dataset.json', description);
    await writeSample('twice/train', 'a');
    await folder.write('twice/train/images/a.jpg', '');
    expect((await refusal(openDataset(folder.path('twice')))).message).toContain(
      'two images of one name',
    );
  });

  it.each([
    ['no JSON', '{', 'not valid JSON'],
    ['an unknown field', '{"classes": ["a"], "pallete": "voc"}', 'did you mean "palette"?'],
    ['no classes', '{"classes": []}', 'classes: '],
    ['one name twice', '{"classes": ["a", "a"]}', 'two classes are called "a"'],
    [
      'too few colours',
      '{"classes": ["a", "b"], "palette": [[1, 2, 3]]}',
      'the palette does not fit',
    ],
    ['another palette', '{"classes": ["a", "b"], "palette": "camvid"}', 'expected 2 colours'],
    ['an impossible ignore value', '{"classes": ["a"], "ignore": -1}', 'ignore: '],
  ])('refuses a dataset.json with %s', async (name, text, problem) => {
    const root = `described ${name}`;
    await folder.write(`${root}/dataset.json`, text);
    await folder.write(`${root}/train/images/.keep`, '');
    const error = await refusal(openDataset(folder.path(root)));
    expect(error.message).toContain(problem);
    expect(error.place).toBe(folder.path(root, 'dataset.json'));
  });

  it('asks for a dataset.json where there are images and labels', async () => {
    await writeSample('undescribed', 'a');
    expect((await refusal(openDataset(folder.path('undescribed')))).message).toMatch(
      /no dataset\.json says what the labels mean; write .*"classes"/,
    );
  });

  it('asks what TFRecord labels mean, and misses shards', async () => {
    await folder.write('records/val-00000-of-00002.tfrecord', '');
    const meaning = await refusal(openDataset(folder.path('records')));
    expect(meaning.message).toContain('label sets voc, cityscapes, ade20k, camvid');
    const short = await refusal(openDataset(folder.path('records'), { labelSet: 'voc' }));
    expect(short.message).toContain('not complete');
    await folder.write('records/val-00001-of-00002.tfrecord', 'no records at all');
    const damaged = await refusal(openDataset(folder.path('records'), { labelSet: 'voc' }));
    expect(damaged.message).toContain('val-00001-of-00002.tfrecord');
  });
});

describe('reading samples', () => {
  it('refuses a label of another size, naming sample, file and sizes', async () => {
    await folder.write('sizes/dataset.json', description);
    const label = blockLabel('a', [0, 1], 20, 10);
    await folder.write('sizes/train/images/a.png', await pictureFile(label, palette));
    const small = await labelFiles.grey(blockLabel('a', [0, 1], 19, 10));
    await folder.write('sizes/train/labels/a.png', small);
    const turned = await labelFiles.grey(blockLabel('a', [0, 1], 10, 20));
    await folder.write('sizes/train/images/b.png', await pictureFile(label, palette));
    await folder.write('sizes/train/labels/b.png', turned);
    const source = await openDataset(folder.path('sizes'));
    expect((await refusal(source.read(0))).message).toMatch(
      /^sample "a", .*a\.png: the label's size is not its image's \(expected 20x10, found 19x10\)/,
    );
    expect((await refusal(source.read(1))).message).toContain('sides are exchanged');
  });

  it('refuses unknown colours, damaged images and damaged labels', async () => {
    await folder.write('damage/dataset.json', description);
    const label = blockLabel('a', [0, 1]);
    const image = await pictureFile(label, palette);
    await folder.write('damage/train/images/a.png', image);
    const odd = [palette[0], [1, 2, 3]] as const;
    await folder.write('damage/train/labels/a.png', await labelFiles.rgb(label, odd));
    await folder.write('damage/train/images/b.png', image.subarray(0, image.length - 30));
    await folder.write('damage/train/labels/b.png', await labelFiles.grey(label));
    const grey = await labelFiles.grey(label);
    await folder.write('damage/train/images/c.png', image);
    await folder.write('damage/train/labels/c.png', grey.subarray(0, grey.length - 20));
    const source = await openDataset(folder.path('damage'));
    expect((await refusal(source.read(0))).message).toMatch(/^sample "a", .*rgb\(1, 2, 3\)/);
    expect((await refusal(source.read(1))).message).toMatch(/^sample "b", .*images.b\.png/);
    expect((await refusal(source.read(2))).message).toMatch(/^sample "c", .*labels.c\.png/);
  });
});
