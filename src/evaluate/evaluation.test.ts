import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import type { LabelMap } from '../image/index.js';
import { Evaluation } from './evaluation.js';

const space = { labels: ['sky', 'tree', 'road'], ignoreValue: 255 };

function randomMap(seed: number): LabelMap {
  const random = seededRandom(seed);
  const data = Uint8Array.from({ length: 24 * 16 }, () => Math.floor(random.uniform() ** 2 * 3));
  return { width: 24, height: 16, data };
}

describe('an evaluation', () => {
  it('sums up pictures the same way whoever counts them and in which order', () => {
    const options = { boundary: [1, 2] };
    const whole = new Evaluation(space, options);
    const merged = new Evaluation(space, options);
    const lanes = [new Evaluation(space, options), new Evaluation(space, options)];
    const counts = [0, 1, 2, 3, 4].map((picture) => {
      whole.add(randomMap(picture), randomMap(picture + 100));
      const lane = lanes[picture % 2] ?? whole;
      lane.add(randomMap(picture), randomMap(picture + 100));
      return lane.takeCounts();
    });
    for (const each of counts.reverse()) merged.merge(each);
    expect(merged.report()).toEqual(whole.report());
    expect(merged.report().images).toBe(5);
  });

  it('leaves the rows of other classes empty when some are scored', () => {
    const evaluation = new Evaluation(space, { classes: ['tree', 'road'] });
    const truth = randomMap(1);
    evaluation.add(truth, randomMap(2));
    const report = evaluation.report();
    expect(report.confusionMatrix[0]).toEqual([0, 0, 0]);
    expect(report.perClass.map(({ label }) => label)).toEqual(['tree', 'road']);
    expect(report.pixels).toBe(truth.data.filter((label) => label > 0).length);
    expect(report.confusionMatrix.flat().reduce((sum, count) => sum + count)).toBe(report.pixels);
  });

  it('does not count a picture that is refused, and has no report of nothing', () => {
    const evaluation = new Evaluation(space);
    const bad = { ...randomMap(1), data: randomMap(1).data.map(() => 9) };
    expect(() => evaluation.add(bad, randomMap(1))).toThrow('found 9');
    expect(() => evaluation.report()).toThrow('no picture has been evaluated');
    evaluation.merge(new Evaluation(space).takeCounts());
    expect(() => evaluation.report()).toThrow('no picture has been evaluated');
  });
});
