import { cpSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageOf } from '../../core/errors.js';
import { Segmenter } from '../../segment/node/segmenter.js';
import { smallSide } from '../small-run.fixture.js';
import { SmallRuns } from './small-runs.fixture.js';
import type { TrainResult } from './train.js';

const runs = new SmallRuns({
  network: { depthMultiplier: 0.1, imagePyramid: { scales: [1, 0.5] } },
  auxiliary: { weight: 0.4 },
  averageDecay: 0.9,
  steps: 3,
  checkpointEvery: 2,
  evaluation: { every: 3 },
});
afterAll(() => runs.remove());

const isAuxiliary = (name: string) => name.startsWith('auxiliary/');

describe('a run with an auxiliary head and an image pyramid', () => {
  let whole: TrainResult;
  beforeAll(async () => {
    const stepped = ({ step }: { readonly step: number }) => {
      // What a kill -9 here would leave behind.
      if (step === 3) cpSync(runs.path('whole'), runs.path('killed'), { recursive: true });
    };
    whole = await runs.train('whole', {}, {}, { stepped });
  });

  it('is evaluated, and opens for segmentation, without the head', async () => {
    expect(whole.evaluation?.evaluation.images).toBe(3);
    expect([...runs.checkpoint('whole').tensors.keys()]).toEqual(
      expect.arrayContaining([
        'auxiliary/logits/weights',
        'auxiliary/logits/weights/Momentum',
        'auxiliary/conv/BatchNorm/moving_mean',
      ]),
    );
    const segmenter = await Segmenter.load(runs.path('whole', 'last.safetensors'), {
      worker: false,
    });
    const { nodes } = segmenter.file.graph({ width: 65, height: 33 });
    const names = nodes.flatMap(({ name, inputs }) => [name, ...inputs.map((x) => x?.name ?? '')]);
    expect(names.filter(isAuxiliary)).toEqual([]);
    expect(nodes.filter(({ op }) => op === 'Max')).toHaveLength(1);
    const { image } = await runs.sources.validation.read(0);
    const { labelMap } = await segmenter.segment(image);
    await segmenter.dispose();
    expect(labelMap).toHaveLength(smallSide * smallSide);
  });

  it('killed and resumed takes the very steps of a run without a stop', async () => {
    expect(runs.checkpoint('killed').metadata.step).toBe(2);
    await runs.train('killed', {}, { resume: true });
    expect(runs.course('killed')).toEqual(runs.course('whole'));
    expect(runs.state('killed')).toEqual(runs.state('whole'));
    const changed = runs.train('killed', { auxiliary: { weight: 0.5 } }, { resume: true });
    expect(await changed.catch(messageOf)).toMatch(
      /auxiliary\.weight: .*cannot go on with another value.*expected 0.4, found 0.5/,
    );
  });
});
