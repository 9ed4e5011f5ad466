import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { greySample, TestFolder } from '../../../src/evaluate/node/grey-dataset.fixture.js';
import { decodeImage } from '../../../src/image/node/index.js';
import { brightnessModel, Workplace } from '../cli.fixture.js';

describe('atrous eval', () => {
  const place = new Workplace();
  let folder: TestFolder;
  let dataset: string;
  beforeAll(async () => {
    folder = await TestFolder.make();
    const samples = new Map([0, 1, 2].map((i) => [`picture-${i}`, greySample(i, 3)]));
    dataset = await folder.writeDataset('grey', samples, { classes: ['dark', 'middle', 'light'] });
    place.write('model.onnx', brightnessModel());
  });
  afterAll(async () => {
    place.remove();
    await folder.remove();
  });
  const run = (...args: string[]) =>
    place.run(['eval', '-m', 'model.onnx', '-d', dataset, '--threads', '1', ...args]);

  it('prints the figures as tables and draws the confusion matrix', async () => {
    const { code, stdout, stderr } = await run('--boundary', '1,4', '--confusion-png', 'c.png');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^model\.onnx, input 16x16; grey, split val: 3 pictures\n/);
    for (const line of [
      /^middle +\d+\.\d\d/m,
      /^mIoU +\d\d\.\d\d$/m,
      /^ +4 +\d+\.\d\d/m,
      /c\.png$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
    const { width } = await decodeImage(place.path('c.png'));
    expect(width).toBeGreaterThan(100);
  });

  it('prints one JSON object', async () => {
    const { code, stdout } = await run('--json', '--classes', 'dark,light', '--limit', '2');
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      dataset: 'grey',
      split: 'val',
      images: 2,
      failures: [],
      boundary: [],
      labels: ['dark', 'middle', 'light'],
    });
    expect(found.perClass.map(({ label }: { label: string }) => label)).toEqual(['dark', 'light']);
    const [dark, light] = found.perClass;
    expect(found.mIoU).toBeCloseTo((dark.iou + light.iou) / 2, 12);
    expect(found.confusionMatrix).toHaveLength(3);
    expect(found.confusionMatrix[1]).toEqual([0, 0, 0]);
    const counted = found.confusionMatrix.flat().reduce((sum: number, n: number) => sum + n, 0);
    expect(counted).toBe(found.pixels);
    for (const key of ['pixelAccuracy', 'classAccuracy', 'frequencyWeightedIoU', 'seconds']) {
      expect(found[key]).toBeTypeOf('number');
    }
  });

  it('measures with and without a dense CRF in one run', async () => {
    const parameters = 'bi_w=3,bi_xy_std=5,bi_rgb_std=20,iterations=2';
    const crf = ['--crf-parameters', parameters, '--boundary', '2'];
    const [plain, refined, text] = [
      await run('--json', '--boundary', '2'),
      await run('--json', ...crf),
      await run(...crf),
    ];
    const before = JSON.parse(plain.stdout);
    const found = JSON.parse(refined.stdout);
    expect(before.beforeCrf).toBeUndefined();
    expect(found.options.crf).toMatchObject({ bi_w: 3, bi_xy_std: 5, pos_w: 3, iterations: 2 });
    expect(found.beforeCrf).toMatchObject({ mIoU: before.mIoU, boundary: before.boundary });
    expect(found.mIoU).not.toBe(before.mIoU);
    const percent = (share: number) => (100 * share).toFixed(2).replace('.', '\\.');
    for (const line of [
      /^model\.onnx, input 16x16, dense CRF; /m,
      /^class, % +IoU +before CRF +accuracy/m,
      / +with CRF +before$/m,
      new RegExp(`^mIoU +${percent(found.mIoU)} +${percent(before.mIoU)}$`, 'm'),
      /^boundary band, px +mIoU +before CRF/m,
    ]) {
      expect(text.stdout).toMatch(line);
    }
  });

  it('ends with 1 where a picture failed, and with 2 where nothing can start', async () => {
    const damaged = folder.at('damaged');
    const samples = new Map([0, 1].map((i) => [`picture-${i}`, greySample(i, 3)]));
    await folder.writeDataset('damaged', samples, { classes: ['dark', 'middle', 'light'] });
    await folder.write('damaged/val/images/picture-0.png', 'no picture');
    const one = await run('-d', damaged, '--json');
    expect([one.code, one.complaints.length]).toEqual([1, 1]);
    expect(one.complaints[0]).toContain('picture-0');
    expect(JSON.parse(one.stdout).failures).toHaveLength(1);

    for (const [args, complaint] of [
      [['--output-stride', '8'], 'the output stride cannot be chosen'],
      [['--scales', '1,2'], 'scale 2 cannot be had'],
      [['--scales', '1,x'], 'Expected factors with commas between'],
      [['--classes', 'drak'], 'did you mean "dark"?'],
      [['--format', 'cityscapes'], 'add --save-predictions FOLDER'],
      [['--format', 'cityscapes', '--save-predictions', 'out'], 'its 19 classes'],
      [['--confusion-png', 'nowhere/c.png'], 'cannot be written'],
      [['--split', 'test'], 'no split "test"'],
      [['--crf-parameters', 'bi_w=-1'], '--crf-parameters, bi_w: not a value'],
    ] as const) {
      const { code, stdout, complaints } = await run(...args);
      expect([code, stdout, complaints.length]).toEqual([2, '', 1]);
      expect(complaints[0]).toContain(complaint);
    }
    expect(existsSync(place.path('out'))).toBe(false);
  }, 120_000);

  it.skipIf(process.platform === 'win32')('ends by the signal that stops it', async () => {
    const samples = new Map(
      Array.from({ length: 60 }, (_, i) => [`picture-${i}`, greySample(i, 3, 480, 320)]),
    );
    const many = await folder.writeDataset('many', samples, { classes: ['a', 'b', 'c'] });
    let stopped = false;
    const { code, signal, stdout, stderr } = await place.run(
      ['eval', '-m', 'model.onnx', '-d', many, '--threads', '2', '--crf'],
      {
        watch: (child) => {
          if (!stopped) child.kill('SIGINT');
          stopped = true;
        },
      },
    );
    expect([code, signal, stderr]).toEqual([null, 'SIGINT', '']);
    expect(stdout).toMatch(/^model\.onnx, .*: 60 pictures\n$/);
  });

  it('writes predictions', async () => {
    const { code, stdout } = await run('--save-predictions', 'pred', '--flip', '--tile', '4');
    expect([code, place.list('pred')]).toEqual([0, [0, 1, 2].map((i) => `picture-${i}.png`)]);
    expect(stdout).toContain('predictions in pred');
  });
});
