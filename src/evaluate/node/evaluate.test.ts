import { readdir, readFile, rm } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cityscapes } from '../../catalog/index.js';
import {
  brightnessIndices,
  brightnessOnnx,
  brightnessTflite,
} from '../../segment/brightness-model.fixture.js';
import { Segmenter } from '../../segment/node/segmenter.js';
import { Evaluation } from '../evaluation.js';
import { type EvaluateOptions, evaluate } from './evaluate.js';
import { type GreySample, greySample, TestFolder } from './grey-dataset.fixture.js';

const labels = ['dark', 'middle', 'light'];

describe('evaluate', () => {
  let folder: TestFolder;
  let model: string;
  let dataset: string;
  const samples = new Map(
    Array.from({ length: 6 }, (_, i): [string, GreySample] => [
      `picture-${i}`,
      greySample(i, 3, 40 + 3 * i, 24 + i),
    ]),
  );
  beforeAll(async () => {
    folder = await TestFolder.make();
    model = await folder.write('model.onnx', brightnessOnnx({ classes: 3 }));
    dataset = await folder.writeDataset('grey', samples, { classes: labels });
  });
  afterAll(() => folder.remove());

  const run = (options: Partial<EvaluateOptions> = {}) =>
    evaluate({ model, dataset, size: { width: 33, height: 33 }, threads: 1, ...options });

  async function refusal(options: Partial<EvaluateOptions>): Promise<string> {
    try {
      await run(options);
    } catch (error) {
      if (error instanceof Error) return error.message;
    }
    return 'nothing';
  }

  it('compares what the segmenter gives with the truth, at the size of each picture', async () => {
    const options = { boundary: [1, 3], classes: ['dark', 'light'] };
    const { report, images, failures } = await run(options);
    const segmenter = await Segmenter.load(model, {
      worker: false,
      size: { width: 33, height: 33 },
    });
    const expected = new Evaluation({ labels, ignoreValue: 255 }, options);
    for (const { image, label } of samples.values()) {
      const { labelMap, width, height } = await segmenter.segment(image);
      expected.add(label, { width, height, data: labelMap });
    }
    await segmenter.dispose();
    expect(report).toEqual(expected.report());
    expect(report?.mIoU).toBeGreaterThan(0.5);
    expect([images, failures]).toEqual([6, []]);
  });

  it('gives the same with any number of lanes, and with the first pictures alone', async () => {
    const alone = await run({ flip: true, scales: [1, 2], boundary: [2] });
    const lanes = await run({ flip: true, scales: [1, 2], boundary: [2], threads: 2 });
    expect([alone.lanes, lanes.lanes]).toEqual([1, 2]);
    expect(lanes.report).toEqual(alone.report);
    const steps: (string | undefined)[] = [];
    const two = await evaluate(
      { model, dataset, limit: 2, threads: 1 },
      { step: (failure) => steps.push(failure) },
    );
    expect([two.images, steps]).toEqual([2, [undefined, undefined]]);
  });

  it('scores better where options suit the data: own scale, several views', async () => {
    const score = async (options: Partial<EvaluateOptions>) =>
      (await run(options)).report?.mIoU ?? 0;
    const whole = await score({ size: { width: 17, height: 17 } });
    const tiles = await score({ size: { width: 17, height: 17 }, tile: true });
    const scaled = await score({ size: { width: 17, height: 17 }, scales: [4] });
    expect(tiles).toBeGreaterThan(whole + 0.05);
    expect(scaled).toBeGreaterThan(whole + 0.05);
  });

  it.each([1, 2])('leaves out pictures that fail and says so, in %i lanes', async (threads) => {
    const damaged = await folder.writeDataset(`damaged-${threads}`, samples, { classes: labels });
    await folder.write(`damaged-${threads}/val/images/picture-1.png`, 'no picture');
    const other = greySample(9, 3);
    const bad = { ...other.label, data: other.label.data.map(() => 77) };
    await folder.writeDataset(
      `damaged-${threads}`,
      new Map([['picture-4', { ...other, label: bad }]]),
      { classes: labels },
    );
    const { images, failures, report } = await run({ dataset: damaged, threads });
    expect(images).toBe(4);
    expect(report?.images).toBe(4);
    expect(failures).toHaveLength(2);
    expect(failures[0]).toContain('picture-1');
    expect(failures[1]).toMatch(/^picture-4: .*found 77/);
  });

  it('names a picture whose id occurs in what went wrong anyway', async () => {
    const { image, label } = greySample(3, 3);
    const bad = { image, label: { ...label, data: label.data.map(() => 77) } };
    const pairs = new Map([
      ['7', bad],
      ['8', { image, label }],
    ]);
    const numbered = await folder.writeDataset('numbered', pairs, { classes: labels });
    await folder.write('numbered/val/images/9.png', 'no picture');
    await folder.write('numbered/val/labels/9.png', await readFile(`${numbered}/val/labels/8.png`));
    const { failures } = await run({ dataset: numbered });
    expect(failures).toEqual([
      expect.stringMatching(/^7: truth: .*found 77/),
      expect.stringMatching(/^sample "9", .*9\.png: not a picture/),
    ]);
  });

  it('refuses a dataset none of whose pictures can be evaluated', async () => {
    const damaged = await folder.writeDataset('hopeless', samples, { classes: labels });
    for (const id of samples.keys()) await folder.write(`hopeless/val/images/${id}.png`, '');
    expect(await refusal({ dataset: damaged })).toMatch(/none of 6 pictures could be evaluated/);
  });

  it('refuses what does not fit together, before any picture is looked at', async () => {
    const four = await folder.write('four.onnx', brightnessOnnx({ classes: 4 }));
    expect(await refusal({ model: four })).toBe(
      `${four}: the model has not as many classes as the data set (expected 3 classes, as grey has, found 4)`,
    );
    const fixed = await folder.write(
      'fixed.tflite',
      brightnessTflite({ classes: 3, width: 17, height: 17 }),
    );
    const tflite = async (options: Partial<EvaluateOptions>) =>
      refusal({ model: fixed, size: { width: 17, height: 17 }, ...options });
    expect(await tflite({ scales: [1, 0.5] })).toContain('scale 0.5 cannot be had');
    expect(await tflite({ outputStride: 8 })).toContain('the output stride cannot be chosen');
    expect(await refusal({ outputStride: 8 })).toContain(
      'for an ONNX file, whose graph is finished',
    );
    expect(await tflite({ flip: true })).toBe('nothing');
    expect(await refusal({ classes: ['drak'] })).toContain('did you mean "dark"?');
    expect(await refusal({ boundary: [0] })).toContain('boundary widths');
    expect(await refusal({ split: 'train' })).toContain('no split "train"');
    expect(await refusal({ model: folder.at('none.onnx') })).toContain('no such file');
    expect(await refusal({ dataset: folder.at('none') })).toContain('no such folder');
    for (const threads of [1, 2]) {
      expect(await refusal({ tile: true, fit: 'stretch', threads })).toContain('stretching');
    }
  });

  it('evaluates models that give class indices', async () => {
    const indices = await folder.write('indices.onnx', brightnessIndices());
    const binary = new Map([['one', greySample(3, 2)]]);
    const black = [...binary].map(([id, { image, label }]): [string, GreySample] => [
      id,
      { image: { ...image, data: image.data.map((value) => (value > 0 ? 1 : 0)) }, label },
    ]);
    const set = await folder.writeDataset('binary', new Map(black), { classes: ['no', 'yes'] });
    const { report } = await run({ model: indices, dataset: set });
    expect(report?.mIoU).toBeGreaterThan(0.6);
    expect(await refusal({ model: indices, dataset })).toContain(
      'prediction: a label map has a value',
    );
  });

  it('writes predictions as the label files of VOC, of splits without labels too', async () => {
    const unlabelled = await folder.writeDataset('hidden', samples, {
      classes: labels,
      split: 'test',
    });
    await rm(folder.at('hidden', 'test', 'labels'), { recursive: true });
    expect(await refusal({ dataset: unlabelled })).toContain('no labels to compare with');
    const out = folder.at('out', 'voc');
    const predictions = { folder: out, format: 'voc' } as const;
    const { report, images } = await run({ dataset: unlabelled, predictions, threads: 2 });
    expect([report, images]).toEqual([undefined, 6]);
    expect((await readdir(out)).sort()).toEqual([...samples.keys()].map((id) => `${id}.png`));
    const { report: own } = await evaluate({
      model,
      dataset: await asTruth(out),
      size: { width: 33, height: 33 },
      threads: 1,
    });
    expect(own?.pixelAccuracy).toBe(1);
  });

  /** A dataset whose labels are predictions that were written. */
  async function asTruth(out: string): Promise<string> {
    const root = await folder.writeDataset('truth', samples, { classes: labels });
    for (const id of samples.keys()) {
      await folder.write(`truth/val/labels/${id}.png`, await readFile(`${out}/${id}.png`));
    }
    return root;
  }

  it('writes predictions as grey label ids for Cityscapes', async () => {
    const nineteen = await folder.write('cityscapes.onnx', brightnessOnnx({ classes: 19 }));
    const id = 'ulm_000001_000019';
    const street = greySample(5, 19, 33, 33);
    const set = await folder.writeDataset('streets', new Map([[id, street]]), {
      classes: cityscapes.labels,
    });
    const out = folder.at('out', 'cityscapes');
    const predictions = { folder: out, format: 'cityscapes' } as const;
    await run({ model: nineteen, dataset: set, predictions });
    const file = `${out}/${id}_leftImg8bit.png`;
    // Bit depth and colour type of a PNG: 8-bit grey.
    expect([...(await readFile(file)).subarray(24, 26)]).toEqual([8, 0]);
    const ids = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33];
    const written = await sharp(file).toColourspace('b-w').raw().toBuffer();
    // At the input's own size every pixel is found by its brightness.
    street.image.data.forEach((value, i) => {
      if (i % 3 === 0) expect(written[i / 3]).toBe(ids[Math.round((value * 18) / 255)]);
    });
    expect(await refusal({ predictions })).toContain('its 19 classes');
  });

  it('stops when told, without half-written files', async () => {
    const out = folder.at('out', 'stopped');
    for (const threads of [1, 2]) {
      const stop = new AbortController();
      const stopped = evaluate(
        { model, dataset, threads, predictions: { folder: out, format: 'voc' } },
        { step: () => stop.abort(new Error('enough')), signal: stop.signal },
      );
      await expect(stopped).rejects.toThrow('enough');
      expect((await readdir(out)).filter((name) => name.startsWith('.'))).toEqual([]);
    }
  });
});
