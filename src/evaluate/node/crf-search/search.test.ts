import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchStep } from '../../../crf/index.js';
import { brightnessOnnx } from '../../../segment/brightness-model.fixture.js';
import { evaluate } from '../evaluate.js';
import { greySample, TestFolder } from '../grey-dataset.fixture.js';
import { type CrfSearchObserver, type CrfSearchOptions, searchCrf } from './search.js';

const labels = ['dark', 'middle', 'light'];
const ranges = {
  bilateralWeight: [1, 3],
  bilateralPositionDeviation: [4, 8],
  bilateralColourDeviation: [30],
};

describe('the search for parameters', () => {
  let folder: TestFolder;
  let model: string;
  let dataset: string;
  const samples = new Map(
    [0, 1, 2, 3].map((i) => [`picture-${i}`, greySample(i, 3, 40 + 3 * i, 24 + i)] as const),
  );
  beforeAll(async () => {
    folder = await TestFolder.make();
    model = await folder.write('model.onnx', brightnessOnnx({ classes: 3 }));
    dataset = await folder.writeDataset('grey', samples, { classes: labels });
  });
  afterAll(() => folder.remove());

  const views = { size: { width: 33, height: 33 }, flip: true, scales: [1, 1.5] };
  const search = (options: Partial<CrfSearchOptions> = {}, observer: CrfSearchObserver = {}) =>
    searchCrf(
      { model, dataset, ranges, refinements: 0, fixed: { iterations: 3 }, threads: 1, ...options },
      observer,
    );

  it('scores every trial as an evaluation with these parameters does', async () => {
    const { trials, best, withoutCrf } = await search({ ...views, classes: ['dark', 'light'] });
    expect(trials.length).toBe(4);
    for (const { parameters, score } of trials) {
      const options = { model, dataset, ...views, classes: ['dark', 'light'], threads: 1 };
      const { report, reportBeforeCrf } = await evaluate({ ...options, crf: parameters });
      expect(score).toBe(report?.mIoU);
      expect(reportBeforeCrf?.confusionMatrix).toEqual(withoutCrf.confusionMatrix);
    }
    expect(best.score).toBe(Math.max(...trials.map(({ score }) => score)));
  });

  it('gives the same in any number of lanes, and follows its work', async () => {
    const alone = await search();
    const steps: SearchStep[] = [];
    let scored = 0;
    let tried = 0;
    const lanes = await search(
      { threads: 2 },
      {
        scored: () => scored++,
        step: (step) => steps.push(step),
        tried: (trials) => {
          tried += trials;
        },
      },
    );
    expect(lanes.trials).toEqual(alone.trials);
    expect([lanes.lanes, scored, steps, tried]).toEqual([
      2,
      4,
      [{ refinement: 0, trials: 4 }],
      4 * 4,
    ]);
  });

  it('takes pictures spread over the split', async () => {
    const two = await search({ pictures: 2 });
    expect(two.dataset.ids).toEqual(['picture-0', 'picture-2']);
    expect(two.images).toBe(2);
    await expect(search({ pictures: 0 })).rejects.toThrow(/not a number of pictures/);
  });

  it('leaves out pictures that cannot be read, and needs at least one', async () => {
    const damaged = await folder.writeDataset('damaged', samples, { classes: labels });
    await folder.write('damaged/val/images/picture-1.png', 'no picture');
    const { images, failures } = await search({ dataset: damaged });
    expect([images, failures.length]).toEqual([3, 1]);
    expect(failures[0]).toContain('picture-1');
    for (const id of samples.keys()) await folder.write(`damaged/val/images/${id}.png`, '');
    await expect(search({ dataset: damaged })).rejects.toThrow(/none of 4 pictures can be used/);
  });

  it('refuses a data set in which nothing counts', async () => {
    const { image, label } = greySample(1, 3);
    const blank = { image, label: { ...label, data: label.data.map(() => 255) } };
    const set = await folder.writeDataset('blank', new Map([['one', blank]]), { classes: labels });
    await expect(search({ dataset: set })).rejects.toThrow(/no pixel of the 1 pictures counts/);
  });

  it.each([1, 2])('stops when told, in %i lanes', async (threads) => {
    const stop = new AbortController();
    const stopped = search(
      { threads },
      { tried: () => stop.abort(new Error('enough')), signal: stop.signal },
    );
    await expect(stopped).rejects.toThrow('enough');
  });

  it('refuses ranges and parameters that cannot be, before the network begins', async () => {
    let started = false;
    const run = (options: Partial<CrfSearchOptions>) =>
      search(options, {
        started: () => {
          started = true;
        },
      });
    const empty = { ...ranges, bilateralWeight: [] };
    await expect(run({ ranges: empty })).rejects.toThrow(/range of bilateralWeight/);
    await expect(run({ fixed: { spatialWeight: -1 } })).rejects.toThrow(/spatialWeight/);
    await expect(run({ refinements: 99 })).rejects.toThrow(/refinements/);
    expect(started).toBe(false);
  });
});
