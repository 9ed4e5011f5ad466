import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../core/random.js';
import { pictureSamples } from './label-map/coordinates.js';
import { probabilities } from './label-map/probabilities.js';
import { MeanProbabilities, type View } from './mean-probabilities.js';

/** Scores that look like a network's: smooth, with a winner nearly everywhere. */
function randomView(random: Random, classes: number, width: number, height: number): View {
  const grid = random.integer(2, 9);
  const data = Float32Array.from({ length: classes * grid * grid }, () => 3 * random.normal());
  const samples = (picture: number) =>
    pictureSamples({
      picture,
      valid: random.integer(17, 33),
      input: 33,
      grid,
      convention: random.uniform() < 0.5 ? 'align-corners' : 'half-pixel',
    });
  return {
    scores: { data, classes, width: grid, height: grid },
    meaning: 'logits',
    x: samples(width),
    y: samples(height),
    mirrored: random.uniform() < 0.5,
  };
}

/** The mean by its definition: all probabilities of all views, mirrored back. */
function plainMean(views: readonly View[], classes: number, width: number, height: number) {
  const mean = new Float64Array(classes * width * height);
  for (const { scores, x, y, meaning, mirrored } of views) {
    const part = probabilities(scores, x, y, meaning);
    mean.forEach((sum, i) => {
      const column = i % width;
      const from = mirrored ? i - column + (width - 1 - column) : i;
      mean[i] = sum + (part[from] ?? 0) / views.length;
    });
  }
  return mean;
}

/** Checks the means, and that each label's mean is the highest of its pixel. */
function compare(mean: MeanProbabilities, expected: Float64Array, classes: number): void {
  const found = mean.probabilities();
  const worst = found.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? 0))),
    0,
  );
  expect(found).toHaveLength(expected.length);
  expect(worst).toBeLessThan(1e-6);
  const { data } = mean.labelMap();
  const wrong = data.filter((label, pixel) => {
    const own = Array.from({ length: classes }, (_, k) => expected[k * data.length + pixel] ?? 0);
    return (own[label] ?? 0) < Math.max(...own) - 1e-6;
  });
  expect(wrong).toHaveLength(0);
}

describe('the mean of probabilities', () => {
  it('gives the class of the highest mean at every pixel, and the means', () => {
    const random = seededRandom(8);
    for (let round = 0; round < 30; round++) {
      const classes = random.integer(2, 8);
      const [width, height] = [random.integer(1, 40), random.integer(1, 30)];
      const views = Array.from({ length: random.integer(1, 6) }, () =>
        randomView(random, classes, width, height),
      );
      const mean = new MeanProbabilities(classes, { width, height });
      for (const view of views) mean.add(view);
      compare(mean, plainMean(views, classes, width, height), classes);
    }
  });

  it('is the same where views are added up for want of room', () => {
    const random = seededRandom(9);
    for (let round = 0; round < 10; round++) {
      const size = { width: random.integer(1, 12), height: random.integer(1, 12) };
      const views = Array.from({ length: 7 }, () => randomView(random, 5, size.width, size.height));
      const mean = new MeanProbabilities(5, size, 0);
      for (const view of views) mean.add(view);
      compare(mean, plainMean(views, 5, size.width, size.height), 5);
    }
  });

  it('refuses a view of another picture', () => {
    const mean = new MeanProbabilities(3, { width: 8, height: 8 });
    expect(() => mean.add(randomView(seededRandom(1), 3, 9, 8))).toThrow('another picture');
    expect(() => mean.add(randomView(seededRandom(1), 4, 8, 8))).toThrow('another picture');
  });
});
