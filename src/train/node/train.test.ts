import { createHash } from 'node:crypto';
import {
  cpSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapesSource } from '../../../examples/shapes/shapes-source.js';
import { messageOf } from '../../core/errors.js';
import type { DatasetSource } from '../../data/index.js';
import { readEvents, type Summary } from '../../formats/tensorflow/event-file/index.js';
import { decodeCheckpoint } from '../../weights/checkpoint.js';
import { parseConfig, type TrainConfigInput } from '../config/config.js';
import { smallConfig, smallSide } from '../small-run.fixture.js';
import type { JournalEntry } from './journal.js';
import { type TrainObserver, train } from './train.js';

const root = mkdtempSync(join(tmpdir(), 'atrous-train-'));
const sources = {
  training: new ShapesSource('train', 10, smallSide),
  validation: new ShapesSource('val', 3, smallSide),
};

function config(output: string, changes: Partial<TrainConfigInput> = {}) {
  return smallConfig({
    output: join(root, output),
    steps: 6,
    seed: 2,
    averageDecay: 0.9,
    checkpointEvery: 2,
    evaluation: { every: 3, pictures: 1 },
    augmentation: { brightness: 0.2, blur: 0.5 },
    summaryEvery: 1,
    learningRate: { base: 0.05 },
    ...changes,
  });
}

/** A run that is told to stop once it has done so many steps. */
function stoppedAfter(steps: number, stepped: TrainObserver['stepped'] = () => {}) {
  const stop = new AbortController();
  const observer: TrainObserver = {
    stepped: (entry) => {
      stepped(entry);
      if (entry.step === steps) stop.abort();
    },
  };
  return { signal: stop.signal, observer };
}

function log(output: string): readonly JournalEntry[] {
  const text = readFileSync(join(root, output, 'log.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalEntry);
}

/** What the log says, but for the times. */
function course(output: string): readonly unknown[] {
  return log(output).map((entry) =>
    'loss' in entry ? [entry.step, entry.loss, entry.learningRate] : [entry.step, entry.evaluation],
  );
}

function checkpoint(output: string, name = 'last') {
  const path = join(root, output, `${name}.safetensors`);
  return decodeCheckpoint(readFileSync(path), path);
}

/** A digest of every tensor of a run's state. */
function digests(output: string): ReadonlyMap<string, string> {
  return new Map(
    [...checkpoint(output).tensors].map(([name, { data }]) => [
      name,
      createHash('sha1').update(data).digest('hex'),
    ]),
  );
}

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'it went well',
    (error: unknown) => messageOf(error),
  );
}

describe('train', () => {
  let copied = false;

  beforeAll(async () => {
    const result = await train(
      config('whole'),
      { sources },
      {
        stepped: ({ step }) => {
          // What a kill -9 here would leave behind.
          if (step === 5) cpSync(join(root, 'whole'), join(root, 'killed'), { recursive: true });
          copied ||= step === 5;
        },
      },
    );
    expect(result).toMatchObject({ steps: 6, complete: true });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('leaves checkpoints, configuration, log and event file', async () => {
    const steps = log('whole').map(({ step }) => step);
    expect(steps).toEqual([1, 2, 3, 3, 4, 5, 6, 6]);
    const { metadata, tensors } = checkpoint('whole');
    expect(metadata).toMatchObject({
      step: 6,
      labels: sources.training.labels,
      ignoreValue: 255,
      size: [smallSide, smallSide],
      network: { classes: 5, depthMultiplier: 0.1 },
    });
    for (const suffix of ['', '/Momentum', '/ExponentialMovingAverage']) {
      expect(tensors.get(`logits/semantic/weights${suffix}`)?.shape).toEqual([5, 256, 1, 1]);
    }
    const text = readFileSync(join(root, 'whole', 'config.json'), 'utf8');
    expect(parseConfig(JSON.parse(text), 'config.json')).toEqual(config('whole'));
    expect(metadata.config).toEqual(JSON.parse(text));
    const best = log('whole').flatMap((entry) =>
      'evaluation' in entry ? [entry.evaluation.mIoU ?? -1] : [],
    );
    const score = checkpoint('whole', 'best').tensors.get('evaluation/mIoU')?.data[0];
    expect(score).toBe(Math.max(...best));

    const name = readdirSync(join(root, 'whole')).find((each) => each.startsWith('events.out'));
    const path = join(root, 'whole', name ?? '');
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
    const { signal, observer } = stoppedAfter(3);
    const first = await train(config('stopped'), { sources, signal }, observer);
    expect(first).toMatchObject({ steps: 3, complete: false });
    expect(checkpoint('stopped').metadata.step).toBe(3);
    // The evaluation that the stop prevented is made up for.
    expect(course('stopped')).toHaveLength(3);
    const rest = await train(config('stopped'), { sources, resume: true });
    expect(rest).toMatchObject({ steps: 6, complete: true });
    expect(course('stopped')).toEqual(course('whole'));
    expect(digests('stopped')).toEqual(digests('whole'));
  });

  it('goes on after a kill, from the last checkpoint and with each step logged once', async () => {
    expect(copied).toBe(true);
    expect(checkpoint('killed').metadata.step).toBe(4);
    expect(course('killed')).not.toEqual(course('whole'));
    await train(config('killed'), { sources, resume: true });
    expect(course('killed')).toEqual(course('whole'));
    expect(digests('killed')).toEqual(digests('whole'));
  });

  it('refuses to write over a run, and to go on as another one', async () => {
    const before = readFileSync(join(root, 'whole', 'last.safetensors'));
    expect(await failure(train(config('whole'), { sources }))).toMatch(
      /whole: the folder holds a run already; go on with it by --resume/,
    );
    const other = config('whole', { seed: 3 });
    expect(await failure(train(other, { sources, resume: true }))).toMatch(
      /last.safetensors, seed: .*expected 2, found 3/,
    );
    const fewer = { training: twoClasses(sources.training) };
    expect(await failure(train(config('whole'), { sources: fewer, resume: true }))).toMatch(
      /trained for other classes/,
    );
    expect(readFileSync(join(root, 'whole', 'last.safetensors')).equals(before)).toBe(true);
  });

  it('stops where the loss leaves the numbers, and keeps the sound checkpoint', async () => {
    const rates = { base: 1e30, schedule: { kind: 'constant' } } as const;
    const wild = config('wild', { learningRate: rates, evaluation: { every: 0 }, steps: 30 });
    const message = await failure(train(wild, { sources }));
    expect(message).toMatch(/^step \d+: (the loss is|".+" is no longer finite)/);
    expect(message).toMatch(/learning rate 1e\+30, batch of 00\d\d, 00\d\d, 00\d\d, 00\d\d/);
    expect(message).toContain('lower learningRate.base');
    const { tensors, metadata } = checkpoint('wild');
    expect(message).toContain(`the last checkpoint, of step ${metadata.step}, is as it was`);
    for (const { data } of tensors.values()) {
      expect((data as Float32Array).every(Number.isFinite)).toBe(true);
    }
  });

  it('stops where a checkpoint cannot be written, and keeps the one before', async () => {
    const blocked: TrainObserver = {
      stepped: ({ step }) => {
        // Nothing can be written beside the checkpoint any more.
        if (step === 3) mkdirSync(join(root, 'full', '.last.safetensors.partial'));
      },
    };
    const message = await failure(
      train(config('full', { evaluation: { every: 0 } }), { sources }, blocked),
    );
    expect(message).toMatch(/full\/last\.safetensors: not written: /);
    expect(checkpoint('full').metadata.step).toBe(2);
  });

  it('starts from a checkpoint, also for other classes where the class scores are left out', async () => {
    const file = join(root, 'whole', 'best.safetensors');
    const fewer = { training: twoClasses(sources.training) };
    const changes = { steps: 1, evaluation: { every: 0 } };
    const all = config('all', { ...changes, initial: { file } });
    expect(await failure(train(all, { sources: fewer }))).toMatch(
      /best.safetensors: the weights are for another number of classes .*expected 2.*found 5/,
    );
    const initial = { file, lastLayers: 'without-logits' } as const;
    let firstWeights: number | undefined;
    await train(
      config('fewer', { ...changes, initial }),
      { sources: fewer },
      {
        opened: ({ trainer }) => {
          firstWeights = trainer.state.get('aspp0/weights')?.data[0];
        },
      },
    );
    const average = 'aspp0/weights/ExponentialMovingAverage';
    expect(firstWeights).toBe(checkpoint('whole', 'best').tensors.get(average)?.data[0]);
    expect(checkpoint('fewer').metadata.network.classes).toBe(2);
    const missing = config('none', { initial: { file: join(root, 'no.safetensors') } });
    expect(await failure(train(missing, { sources }))).toMatch(
      /no.safetensors: the initial weights cannot be read/,
    );
  });

  it('learns from a teacher that has the same classes, and refuses one with others', async () => {
    const file = join(root, 'whole', 'best.safetensors');
    const plain = { steps: 1, evaluation: { every: 0 } } as const;
    const changes = { ...plain, distillation: { file, weight: 1000 } };
    await train(config('taught', changes), { sources });
    await train(config('untaught', plain), { sources });
    const lossOf = (output: string) =>
      log(output).flatMap((entry) => ('loss' in entry ? [entry.loss] : []))[0] ?? Number.NaN;
    expect(lossOf('taught')).toBeGreaterThan(lossOf('untaught') + 0.01);
    const fewer = { training: twoClasses(sources.training) };
    expect(await failure(train(config('mistaught', changes), { sources: fewer }))).toMatch(
      /best.safetensors: the teacher knows another number of classes .*expected 2.*found 5/,
    );
  });

  it('refuses class weights that are not one for each class', async () => {
    const wrong = config('weights', {
      losses: [{ kind: 'cross-entropy', classWeights: [1, 2] }],
    });
    expect(await failure(train(wrong, { sources }))).toMatch(/classWeights: .*expected 5 numbers/);
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
