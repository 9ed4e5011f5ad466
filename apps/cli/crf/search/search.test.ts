import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { greySample, TestFolder } from '../../../../src/evaluate/node/grey-dataset.fixture.js';
import { brightnessIndices } from '../../../../src/segment/brightness-model.fixture.js';
import { brightnessModel, Workplace } from '../../cli.fixture.js';

describe('atrous crf search', () => {
  const place = new Workplace();
  let folder: TestFolder;
  let dataset: string;
  beforeAll(async () => {
    folder = await TestFolder.make();
    const samples = new Map([0, 1, 2].map((i) => [`picture-${i}`, greySample(i, 3)]));
    dataset = await folder.writeDataset('grey', samples, { classes: ['dark', 'middle', 'light'] });
    place.write('model.onnx', brightnessModel());
    place.write('indices.onnx', brightnessIndices());
  });
  afterAll(async () => {
    place.remove();
    await folder.remove();
  });
  const few = ['--ranges', 'bi_w=1:2,bi_xy_std=5,bi_rgb_std=20', '--fixed', 'iterations=2'];
  const run = (...args: string[]) =>
    place.run(['crf', 'search', '-d', dataset, '--threads', '1', ...args]);
  const model = ['-m', 'model.onnx'];

  it('says what it tries, and gives the best as parameters for other commands', async () => {
    const { code, stdout, stderr } = await run(...model, ...few, '-o', 'crf.json');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^model\.onnx, input 16x16; grey, split val: 3 pictures\n/);
    expect(stdout).toMatch(
      /^mIoU \d\d\.\d\d without a CRF; 2 trials:\nmIoU \d\d\.\d\d {2}bi_w=1,/m,
    );
    expect(stdout).toMatch(/^half steps around the best values, 2 trials:$/m);
    expect(stdout).toMatch(/^bi_xy_std +5$/m);
    expect(stdout).toMatch(/^4 trials on 3 pictures in \d+\.\d s; parameters in crf\.json$/m);
    const [line = ''] = /^--crf-parameters .*$/m.exec(stdout) ?? [];
    const written = JSON.parse(readFileSync(place.path('crf.json'), 'utf8'));
    expect(written.trials.length).toBe(4);
    const evaluate = async (parameters: string) => {
      const args = ['eval', ...model, '-d', dataset, '--threads', '1', '--json'];
      const result = await place.run([...args, '--crf-parameters', parameters]);
      return JSON.parse(result.stdout);
    };
    const byFile = await evaluate('crf.json');
    expect(byFile.options.crf).toEqual(written.parameters);
    expect(byFile.mIoU).toBe(written.mIoU);
    expect(byFile.beforeCrf.mIoU).toBe(written.mIoUWithoutCrf);
    expect((await evaluate(line.split(' ')[1] ?? '')).mIoU).toBe(written.mIoU);
  });

  it('prints one JSON object with --json', async () => {
    const args = [...few, '--pictures', '2', '--refinements', '0', '--classes', 'dark,light'];
    const { code, stdout } = await run(...model, ...args, '--json');
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      parameters: { bi_xy_std: 5, bi_rgb_std: 20, pos_w: 3, pos_xy_std: 3, iterations: 2 },
      images: 2,
      failures: [],
      ranges: { bi_w: [1, 2], bi_xy_std: [5], bi_rgb_std: [20] },
    });
    const best = Math.max(...found.trials.map(({ mIoU }: { mIoU: number }) => mIoU));
    expect(found.mIoU).toBe(best);
  });

  it('answers what it cannot do in one line, before anything is tried', async () => {
    for (const [args, message] of [
      [['-m', 'indices.onnx'], 'indices.onnx: the model gives class indices only, and a dense CRF'],
      [['-m', 'none.onnx'], 'no such file'],
      [[...model, '--ranges', 'bi_w=6:3'], '--ranges, bi_w: not a range'],
      [[...model, '--fixed', 'pos_w=x'], '--fixed, pos_w'],
      [[...model, '--classes', 'drak'], 'did you mean "dark"?'],
      [[...model, '--out', 'nowhere/crf.json'], 'nowhere/crf.json: cannot be written'],
      [[...model, '--out', '.'], 'a folder of this name is in the way'],
      [[...model, '--split', 'test'], 'no split "test"'],
    ] as const) {
      const { code, stdout, complaints } = await run(...args);
      expect([code, stdout, complaints.length]).toEqual([2, '', 1]);
      expect(complaints[0]).toContain(message);
    }
  }, 120_000);

  it('leaves nothing behind where it is interrupted', async () => {
    place.write('temporary/.keep', '');
    const env = { TMPDIR: place.path('temporary') };
    const { signal } = await place.run(
      ['crf', 'search', ...model, '-d', dataset, '--fixed', 'iterations=2000', '--threads', '2'],
      { env, watch: (child, stdout) => stdout.includes('without a CRF') && child.kill('SIGINT') },
    );
    expect(signal).toBe('SIGINT');
    const ours = place.list('temporary').filter((name) => name.startsWith('atrous-'));
    expect(ours).toEqual([]);
  });
});
