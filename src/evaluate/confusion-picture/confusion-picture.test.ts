import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { sharpTextRasteriser } from '../../image/node/index.js';
import { Evaluation, type EvaluationReport } from '../evaluation.js';
import { drawConfusion } from './confusion-picture.js';
import { confusionShares } from './confusion-shares.js';

function reportOf(classes: number, scored?: readonly string[]): EvaluationReport {
  const labels = Array.from({ length: classes }, (_, i) => `class ${i}`);
  const options = scored === undefined ? {} : { classes: scored };
  const evaluation = new Evaluation({ labels, ignoreValue: 255 }, options);
  const random = seededRandom(classes);
  // Class 1 never occurs.
  const draw = () => Math.max(0, random.integer(-1, classes - 1) % classes);
  const data = Uint8Array.from({ length: 3000 }, () => draw()).map((each) =>
    each === 1 ? 0 : each,
  );
  const guess = data.map((label) => (random.uniform() < 0.7 ? label : draw()));
  evaluation.add({ width: 60, height: 50, data }, { width: 60, height: 50, data: guess });
  return evaluation.report();
}

describe('a picture of a confusion matrix', () => {
  it('has room for few and for many classes', async () => {
    const rasterise = sharpTextRasteriser();
    const sizes = [];
    for (const classes of [2, 21, 150]) {
      const { width, height, data } = await drawConfusion(reportOf(classes), rasterise);
      expect(data).toHaveLength(width * height * 3);
      // Nothing is cut off: the rim stays paper.
      const rim = Array.from({ length: width * height }, (_, i) => i).filter(
        (i) => i < width || i >= width * (height - 1) || i % width === 0 || i % width === width - 1,
      );
      expect(rim.every((i) => data[3 * i] === 255 && data[3 * i + 2] === 255)).toBe(true);
      sizes.push(width);
    }
    expect(sizes[1]).toBeGreaterThan(sizes[0] ?? 0);
    expect(sizes[2]).toBeLessThan(2000);
  });

  it('darkens with the share of the true class', async () => {
    const labels = ['a', 'b'];
    const evaluation = new Evaluation({ labels, ignoreValue: 255 });
    const map = (...values: number[]) => ({ width: 4, height: 1, data: Uint8Array.from(values) });
    evaluation.add(map(0, 0, 0, 1), map(0, 0, 0, 0));
    const { data } = await drawConfusion(evaluation.report(), sharpTextRasteriser());
    const darkest = '8,48,107';
    const count = (colour: string) =>
      data.filter((_, i) => i % 3 === 0 && `${data.slice(i, i + 3)}` === colour).length;
    // Two cells of 37x37, less their numbers, and the end of the scale.
    expect(count(darkest)).toBeGreaterThan(2 * 37 * 37 * 0.8);
    expect(count(darkest)).toBeLessThan(2 * 37 * 37 + 40 * 14);
  });
});

describe('confusion shares', () => {
  it('are shares of each true class, with all other predictions in one column', () => {
    const whole = confusionShares(reportOf(6));
    expect(whole.columns).toEqual(whole.rows);
    const part = confusionShares(reportOf(6, ['class 0', 'class 3']));
    expect(part.columns).toEqual(['class 0', 'class 3', 'other']);
    for (const { shares, rows } of [whole, part]) {
      shares.forEach((row, i) => {
        const sum = row.reduce((total, share) => total + share, 0);
        if (rows[i] === 'class 1') expect(sum).toBeNaN();
        else expect(sum).toBeCloseTo(1, 12);
      });
    }
  });
});
