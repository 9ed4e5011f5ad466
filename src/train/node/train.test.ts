import { cpSync, createReadStream, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShapesSource } from '../../../examples/shapes/shapes-source.js';
import { messageOf } from '../../core/errors.js';
import type { DatasetSource } from '../../data/index.js';
import { readEvents, type Summary } from '../../formats/tensorflow/event-file/index.js';
import { parseConfig } from '../config/config.js';
import { smallSide } from '../small-run.fixture.js';
import { SmallRuns } from './small-runs.fixture.js';

const runs = new SmallRuns({
  steps: 6,
  seed: 2,
  averageDecay: 0.9,
  checkpointEvery: 2,
  evaluation: { every: 3, pictures: 1 },
  augmentation: { brightness: 0.2, blur: 0.5 },
  summaryEvery: 1,
});
afterAll(() => runs.remove());
const { training } = runs.sources;
const resume = true;

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it went well',
    (error: unknown) => messageOf(error),
  );
}

describe('train', () => {
  let copied = false;

  beforeAll(async () => {
    const stepped = ({ step }: { readonly step: number }) => {
      // What a kill -9 here would leave behind.
      if (step === 5) cpSync(runs.path('whole'), runs.path('killed'), { recursive: true });
      copied ||= step === 5;
    };
    const result = await runs.train('whole', {}, {}, { stepped });
    expect(result).toMatchObject({ steps: 6, complete: true });
  });

  it('leaves checkpoints, configuration, log and event file', async () => {
    const steps = runs.log('whole').map(({ step }) => step);
    expect(steps).toEqual([1, 2, 3, 3, 4, 5, 6, 6]);
    const { metadata, tensors } = runs.checkpoint('whole');
    expect(metadata).toMatchObject({
      step: 6,
      labels: training.labels,
      ignoreValue: 255,
      size: [smallSide, smallSide],
      network: { classes: 5, depthMultiplier: 0.1 },
    });
    for (const suffix of ['', '/Momentum', '/ExponentialMovingAverage']) {
      expect(tensors.get(`logits/semantic/weights${suffix}`)?.shape).toEqual([5, 256, 1, 1]);
    }
    const text = readFileSync(runs.path('whole', 'config.json'), 'utf8');
    expect(parseConfig(JSON.parse(text), 'config.json')).toEqual(runs.config('whole'));
    expect(metadata.config).toEqual(JSON.parse(text));
    const best = runs
      .log('whole')
      .flatMap((entry) => ('evaluation' in entry ? [entry.evaluation.mIoU ?? -1] : []));
    const score = runs.checkpoint('whole', 'best').tensors.get('evaluation/mIoU')?.data[0];
    expect(score).toBe(Math.max(...best));

    const name = readdirSync(runs.path('whole')).find((each) => each.startsWith('events.out'));
    const path = runs.path('whole', name ?? '');
    const summaries: (Summary & { readonly step: number })[] = [];
    for await (const { step, summaries: own } of readEvents(createReadStream(path), path)) {
      summaries.push(...own.map((summary) => ({ ...summary, step })));
    }
    const losses = summaries.filter(({ tag }) => tag === 'loss');
    expect(losses.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(summaries.find(({ tag }) => tag === 'evaluation/IoU/star')?.step).toBe(3);
    const picture = summaries.find(({ kind }) => kind === 'image');
    expect(picture).toMatchObject({ tag: 'prediction/0000', width: 3 * smallSide + 8, step: 3 });
  });

  it('stopped and resumed takes the very steps of a run without a stop', async () => {
    const first = await runs.train('stopped', {}, { stopAfter: 3 });
    expect(first).toMatchObject({ steps: 3, complete: false });
    expect(runs.checkpoint('stopped').metadata.step).toBe(3);
    // The evaluation that the stop prevented is made up for.
    expect(runs.course('stopped')).toHaveLength(3);
    const rest = await runs.train('stopped', {}, { resume });
    expect(rest).toMatchObject({ steps: 6, complete: true });
    expect(runs.course('stopped')).toEqual(runs.course('whole'));
    expect(runs.state('stopped')).toEqual(runs.state('whole'));
  });

  it('goes on after a kill, from the last checkpoint and with each step logged once', async () => {
    expect(copied).toBe(true);
    expect(runs.checkpoint('killed').metadata.step).toBe(4);
    expect(runs.course('killed')).not.toEqual(runs.course('whole'));
    await runs.train('killed', {}, { resume });
    expect(runs.course('killed')).toEqual(runs.course('whole'));
    expect(runs.state('killed')).toEqual(runs.state('whole'));
  });

  it('refuses to write over a run, and to go on as another one', async () => {
    const before = readFileSync(runs.path('whole', 'last.safetensors'));
    expect(await failure(runs.train('whole'))).toMatch(
      /whole: the folder holds a run already; go on with it by --resume/,
    );
    expect(await failure(runs.train('whole', { seed: 3 }, { resume }))).toMatch(
      /last.safetensors, seed: .*expected 2, found 3/,
    );
    const sources = { training: twoClasses(training) };
    expect(await failure(runs.train('whole', {}, { sources, resume }))).toMatch(
      /trained for other classes/,
    );
    expect(readFileSync(runs.path('whole', 'last.safetensors')).equals(before)).toBe(true);
  });

  it('stops where the loss leaves the numbers, and keeps the sound checkpoint', async () => {
    const rates = { base: 1e30, schedule: { kind: 'constant' } } as const;
    const wild = { learningRate: rates, evaluation: { every: 0 }, steps: 30 };
    const message = await failure(runs.train('wild', wild));
    expect(message).toMatch(/^step \d+: (the loss is|".+" is no longer finite)/);
    expect(message).toMatch(/learning rate 1e\+30, batch of 00\d\d, 00\d\d, 00\d\d, 00\d\d/);
    expect(message).toContain('lower learningRate.base');
    const { tensors, metadata } = runs.checkpoint('wild');
    expect(message).toContain(`the last checkpoint, of step ${metadata.step}, is as it was`);
    for (const { data } of tensors.values()) {
      expect((data as Float32Array).every(Number.isFinite)).toBe(true);
    }
  });

  it('stops where a checkpoint cannot be written, and keeps the one before', async () => {
    const blocked = {
      stepped: ({ step }: { readonly step: number }) => {
        // Nothing can be written beside the checkpoint any more.
        if (step === 3) mkdirSync(runs.path('full', '.last.safetensors.partial'));
      },
    };
    const message = await failure(runs.train('full', { evaluation: { every: 0 } }, {}, blocked));
    expect(message).toMatch(/full\/last\.safetensors: not written: /);
    expect(runs.checkpoint('full').metadata.step).toBe(2);
  });

  it('starts from a checkpoint, also for other classes where the class scores are left out', async () => {
    const file = runs.path('whole', 'best.safetensors');
    const sources = { training: twoClasses(training) };
    const changes = { steps: 1, evaluation: { every: 0 } };
    const all = { ...changes, initial: { file } };
    expect(await failure(runs.train('all', all, { sources }))).toMatch(
      /best.safetensors: the weights are for another number of classes .*expected 2.*found 5/,
    );
    const initial = { file, lastLayers: 'without-logits' } as const;
    let firstWeights: number | undefined;
    await runs.train(
      'fewer',
      { ...changes, initial },
      { sources },
      {
        opened: ({ trainer }) => {
          firstWeights = trainer.state.get('aspp0/weights')?.data[0];
        },
      },
    );
    const average = 'aspp0/weights/ExponentialMovingAverage';
    expect(firstWeights).toBe(runs.checkpoint('whole', 'best').tensors.get(average)?.data[0]);
    expect(runs.checkpoint('fewer').metadata.network.classes).toBe(2);
    const named = (classes: string[]) =>
      runs.train('named', { ...changes, initial: { file, classes } }, { sources });
    expect(await failure(named(['square']))).toMatch(
      /initial.classes: not a class of the file for each .*expected 2 names.*found 1/,
    );
    expect(await failure(named(['square', 'blob']))).toMatch(
      /initial.classes: .*no class of that name .*found 'blob'/,
    );
    const missing = { initial: { file: runs.path('no.safetensors') } };
    expect(await failure(runs.train('none', missing))).toMatch(
      /no.safetensors: the initial weights cannot be read/,
    );
  });

  it('learns from a teacher that has the same classes, and refuses one with others', async () => {
    const file = runs.path('whole', 'best.safetensors');
    const taught = { steps: 1, evaluation: { every: 0 }, distillation: { file, weight: 1000 } };
    await runs.train('taught', taught);
    // Both begin with the same weights and the same batch.
    const lossOf = (run: string) =>
      runs.log(run).flatMap((entry) => ('loss' in entry ? [entry.loss] : []))[0] ?? Number.NaN;
    expect(lossOf('taught')).toBeGreaterThan(lossOf('whole') + 0.01);
    const sources = { training: twoClasses(training) };
    expect(await failure(runs.train('mistaught', taught, { sources }))).toMatch(
      /best.safetensors: the teacher knows another number of classes .*expected 2.*found 5/,
    );
  });

  it('starts anew in a folder where a start failed late', async () => {
    const least = { steps: 1, evaluation: { every: 0 } };
    const sources = { training: { ...twoClasses(training), labelled: false } };
    expect(await failure(runs.train('late', least, { sources }))).toMatch(/without labels/);
    expect(readdirSync(runs.path('late'))).toEqual([]);
    expect(await runs.train('late', least)).toMatchObject({ steps: 1, complete: true });
  });

  it('refuses class weights that are not one for each class', async () => {
    const wrong = { losses: [{ kind: 'cross-entropy' as const, classWeights: [1, 2] }] };
    expect(await failure(runs.train('weights', wrong))).toMatch(
      /classWeights: .*expected 5 numbers/,
    );
  });
});

/** The same pictures, where every figure is of one class. */
function twoClasses(source: ShapesSource): DatasetSource {
  const { name, split, size, ids, labelled, palette, ignoreValue } = source;
  const read = async (index: number) => {
    const { id, image, label } = await source.read(index);
    const data = Uint8Array.from(label.data, (value) => Math.min(value, 1));
    return { id, image, label: { ...label, data } };
  };
  return {
    ...{ name, split, size, ids, labelled, ignoreValue, read },
    labels: ['ground', 'figure'],
    palette: palette.slice(0, 2),
    readLabel: async (index) => (await read(index)).label,
  };
}
