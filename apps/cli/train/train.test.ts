import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapesSource } from '../../../examples/shapes/shapes-source.js';
import { writeDataset } from '../../../examples/shapes/write-dataset.js';
import { decodeCheckpoint } from '../../../src/weights/checkpoint.js';
import { Workplace } from '../cli.fixture.js';

const side = 33;
const place = new Workplace();
const config = {
  dataset: { path: 'shapes' },
  output: 'run',
  network: { depthMultiplier: 0.1 },
  crop: side,
  batchSize: 4,
  steps: 3,
  evaluation: { every: 500 },
  checkpointEvery: 1,
  threads: 1,
};

beforeAll(async () => {
  await writeDataset(place.path('shapes'), [
    new ShapesSource('train', 8, side),
    new ShapesSource('val', 2, side),
  ]);
  place.write('run.json', JSON.stringify(config));
  place.write(
    'run.mjs',
    `export default async () => (${JSON.stringify({ ...config, output: 'module' })});`,
  );
});
afterAll(() => place.remove());

function lastStep(run: string): number {
  const path = place.path(run, 'last.safetensors');
  return decodeCheckpoint(readFileSync(path), path).metadata.step;
}

describe('atrous train', () => {
  it('says how it goes, ends by a signal with a checkpoint, and goes on from there', async () => {
    const args = ['train', 'run.json', '--set', 'checkpointEvery=10000', '--set'];
    let told = false;
    const stopped = await place.run([...args, 'steps=400'], {
      watch: (child, stdout) => {
        if (told || !stdout.includes('step 8:')) return;
        told = true;
        child.kill('SIGINT');
      },
    });
    expect([stopped.code, stopped.signal, stopped.stderr]).toEqual([null, 'SIGINT', '']);
    const { stdout } = stopped;
    expect(stdout).toMatch(/^shapes, split train: 8 images, 5 classes; batches of 4 at 33x33\n/);
    expect(stdout).toMatch(/\nmobilenet-v2 x 0.1, output stride 16, v3 head: .* parameters\n/);
    expect(stdout).toMatch(/\nstep 8: loss \d\.\d{4}, learning rate 0\.0000\d+, .* images\/s\n/);
    const step = lastStep('run');
    expect(step).toBeGreaterThanOrEqual(8);
    expect(stdout).toContain(`stopped after step ${step}; --resume goes on from run\n`);

    const again = await place.run(['train', 'run.json']);
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toMatch(/^run: the folder holds a run already; go on with it by --resume/);

    const end = step + 2;
    const resumed = await place.run([...args, `steps=${end}`, '--resume']);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    expect(resumed.stdout).toContain(`goes on after step ${step} of ${end}\n`);
    expect(resumed.stdout).toMatch(/\nstep \d+: mIoU .* %, .* on 2 images, the best so far\n/);
    expect(resumed.stdout).toMatch(/ steps done; best mIoU .* %; checkpoints in run\n$/);
    expect(lastStep('run')).toBe(end);
    expect(place.list('run')).toEqual(
      expect.arrayContaining(['best.safetensors', 'config.json', 'last.safetensors', 'log.jsonl']),
    );
    expect(place.list('run').some((name) => name.endsWith('.partial'))).toBe(false);
  });

  it('takes a module, replaces values, and prints the log as JSON', async () => {
    const { code, stdout } = await place.run([
      ...['train', 'run.mjs', '--json', '--set', 'steps=2', '--set', 'evaluation.every=2'],
      ...['--set', 'losses=[{"kind":"dice"},{"kind":"focal","weight":0.5}]', '--threads', '2'],
    ]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { step: 1, learningRate: 0.0001 },
      { step: 2, imagesPerSecond: expect.any(Number), seconds: expect.any(Number) },
      { step: 2, evaluation: { images: 2, perClass: { background: expect.any(Number) } } },
    ]);
    expect(readFileSync(place.path('module/log.jsonl'), 'utf8')).toBe(stdout);
    const saved = JSON.parse(readFileSync(place.path('module/config.json'), 'utf8'));
    expect(saved).toMatchObject({
      steps: 2,
      threads: 2,
      losses: [{ kind: 'dice' }, { weight: 0.5 }],
    });
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ['a missing file', ['none.json'], /^none\.json: the configuration cannot be read/],
    ['an unknown key', ['run.json', '--set', 'stepz=3'], /unknown key "stepz".*"steps"\?/],
    ['scales in the wrong order', ['run.json', '--set', 'augmentation.minScale=3'], /at most 2/],
    ['no split', ['run.json', '--set', 'dataset.split=test'], /no split "test".*train, val/],
  ])('refuses %s in one line', async (_, args, message) => {
    const result = await place.run(['train', ...args, '--set', 'output=refused']);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.complaints).toHaveLength(1);
    expect(result.stderr).toMatch(message);
    expect(existsSync(place.path('refused'))).toBe(false);
  });

  it('prints the settings without a configuration, which all else needs', async () => {
    const { code, stdout } = await place.run(['train', '--settings']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^dataset: required\n[\s\S]*\nthreads: whole number/);
    expect(await place.run(['train'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: "atrous train: missing required argument 'config'\n",
    });
  });

  it('says before the first step that the folder cannot be written', async () => {
    const isRoot = process.getuid?.() === 0;
    chmodSync(place.folder, 0o755);
    place.write('closed/keep', '');
    chmodSync(place.path('closed'), 0o555);
    const result = await place.run(
      ['train', 'run.json', '--set', 'output=closed'],
      isRoot ? { uid: 65_534 } : {},
    );
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(
      /^closed\/last\.safetensors: not written: no permission to write there/,
    );
    expect(place.list('closed')).toEqual(['keep']);
  });
});
