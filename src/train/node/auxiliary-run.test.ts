import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShapesSource } from '../../../examples/shapes/shapes-source.js';
import { messageOf } from '../../core/errors.js';
import { Segmenter } from '../../segment/node/segmenter.js';
import { decodeCheckpoint } from '../../weights/checkpoint.js';
import type { TrainConfigInput } from '../config/config.js';
import { smallConfig, smallSide } from '../small-run.fixture.js';
import type { EvaluationEntry } from './journal.js';
import { type TrainObserver, type TrainOptions, train } from './train.js';

const root = mkdtempSync(join(tmpdir(), 'atrous-auxiliary-'));
const sources = {
  training: new ShapesSource('train', 6, smallSide),
  validation: new ShapesSource('val', 2, smallSide),
};

/** A run with an auxiliary head on two scales, unless told otherwise. */
function config(output: string, changes: Partial<TrainConfigInput> = {}) {
  return smallConfig({
    output: join(root, output),
    network: { depthMultiplier: 0.1, imagePyramid: { scales: [1, 0.5] } },
    auxiliary: { weight: 0.4 },
    averageDecay: 0.9,
    steps: 4,
    checkpointEvery: 2,
    learningRate: { base: 0.05 },
    ...changes,
  });
}

interface Course {
  readonly losses: readonly number[];
  readonly evaluation: EvaluationEntry | undefined;
}

async function run(
  output: string,
  changes: Partial<TrainConfigInput> = {},
  options: TrainOptions = {},
  stopAfter?: number,
): Promise<Course> {
  const losses: number[] = [];
  const stop = new AbortController();
  const observer: TrainObserver = {
    stepped: ({ step, loss }) => {
      losses.push(loss);
      if (step === stopAfter) stop.abort();
    },
  };
  const { signal } = stop;
  const { evaluation } = await train(
    config(output, changes),
    { sources, signal, ...options },
    observer,
  );
  return { losses, evaluation };
}

function tensorsOf(output: string) {
  const path = join(root, output, 'last.safetensors');
  return decodeCheckpoint(readFileSync(path), path).tensors;
}

const isAuxiliary = (name: string) => name.startsWith('auxiliary/');

describe('a run with an auxiliary head and an image pyramid', () => {
  let whole: Course;
  beforeAll(async () => {
    whole = await run('whole', { evaluation: { every: 4 } });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('is evaluated, and opens for segmentation, without the head', async () => {
    expect(whole.evaluation?.evaluation.images).toBe(2);
    const tensors = tensorsOf('whole');
    expect([...tensors.keys()]).toEqual(
      expect.arrayContaining([
        'auxiliary/logits/weights',
        'auxiliary/logits/weights/Momentum',
        'auxiliary/conv/BatchNorm/moving_mean',
      ]),
    );
    const segmenter = await Segmenter.load(join(root, 'whole', 'last.safetensors'), {
      worker: false,
    });
    const { nodes } = segmenter.file.graph({ width: 65, height: 33 });
    const names = nodes.flatMap(({ name, inputs }) => [name, ...inputs.map((x) => x?.name ?? '')]);
    expect(names.filter(isAuxiliary)).toEqual([]);
    expect(nodes.filter(({ op }) => op === 'Max')).toHaveLength(1);
    const { image } = await sources.validation.read(0);
    const { labelMap } = await segmenter.segment(image);
    await segmenter.dispose();
    expect(labelMap).toHaveLength(smallSide * smallSide);
  });

  it('stopped and resumed takes the very steps of a run without a stop', async () => {
    const begun = await run('stopped', {}, {}, 2);
    const rest = await run('stopped', {}, { resume: true });
    expect([...begun.losses, ...rest.losses]).toEqual(whole.losses);
    const [one, other] = [tensorsOf('stopped'), tensorsOf('whole')];
    expect([...one.keys()]).toEqual([...other.keys()]);
    for (const [name, { data }] of other) expect(one.get(name)?.data, name).toEqual(data);
    const changed = run('stopped', { auxiliary: { weight: 0.5 } }, { resume: true });
    expect(await changed.catch(messageOf)).toMatch(
      /auxiliary\.weight: .*cannot go on with another value.*expected 0.4, found 0.5/,
    );
  });
});
