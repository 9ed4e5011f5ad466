import { describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import { type Random, seededRandom } from '../core/random.js';
import type { LabelMap } from '../image/index.js';
import { ConfusionMatrix } from './confusion-matrix.js';

const ignore = 255;

/** A label map of runs, as label maps are, or of noise. */
function randomMap(random: Random, width: number, height: number, classes: number): LabelMap {
  const data = new Uint8Array(width * height);
  const longest = random.integer(1, 30);
  for (let start = 0; start < data.length; ) {
    const end = Math.min(data.length, start + random.integer(1, longest));
    data.fill(random.integer(0, classes - 1), start, end);
    start = end;
  }
  return { width, height, data };
}

function withIgnored(random: Random, map: LabelMap): LabelMap {
  return { ...map, data: map.data.map((label) => (random.uniform() < 0.1 ? ignore : label)) };
}

function plainCounts(truth: LabelMap, prediction: LabelMap, classes: number): number[] {
  const counts = new Array<number>(classes * classes).fill(0);
  truth.data.forEach((label, pixel) => {
    if (label === ignore) return;
    const cell = label * classes + (prediction.data[pixel] ?? 0);
    counts[cell] = (counts[cell] ?? 0) + 1;
  });
  return counts;
}

describe('a confusion matrix', () => {
  it('counts every pixel by truth and prediction, in bytes and in words', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 60; round++) {
      const classes = random.integer(1, 30);
      const [width, height] = [random.integer(1, 67), random.integer(1, 20)];
      const truth = withIgnored(random, randomMap(random, width, height, classes));
      const prediction = randomMap(random, width, height, classes);
      const matrix = new ConfusionMatrix(classes, ignore);
      matrix.add(truth, prediction);
      const expected = plainCounts(truth, prediction, classes);
      expect(Array.from(matrix.counts)).toEqual(expected);

      const words = new ConfusionMatrix(classes, ignore);
      words.add({ ...truth, data: Uint16Array.from(truth.data) }, prediction);
      expect(words.counts).toEqual(matrix.counts);

      // Arrays that begin anywhere in a buffer, as decoders hand them out.
      const shifted = new Uint8Array(truth.data.length + 3).subarray(3);
      shifted.set(truth.data);
      const moved = new ConfusionMatrix(classes, ignore);
      moved.add({ ...truth, data: shifted }, prediction);
      expect(moved.counts).toEqual(matrix.counts);
    }
  });

  it('adds up over pictures, and over the counts of others', () => {
    const random = seededRandom(2);
    const whole = new ConfusionMatrix(7, ignore);
    const merged = new ConfusionMatrix(7, ignore);
    const part = new ConfusionMatrix(7, ignore);
    for (let picture = 0; picture < 5; picture++) {
      const truth = withIgnored(random, randomMap(random, 40, 9, 7));
      const prediction = randomMap(random, 40, 9, 7);
      whole.add(truth, prediction);
      part.add(truth, prediction);
      merged.merge(part.takeCounts());
      expect(part.pixels).toBe(0);
    }
    expect(merged.counts).toEqual(whole.counts);
    merged.merge(part.takeCounts());
    expect(merged.counts).toEqual(whole.counts);
    expect(whole.pixels).toBe(
      whole
        .rows()
        .flat()
        .reduce((sum, count) => sum + count),
    );
  });

  it('refuses values that are no class and counts nothing of such a picture', () => {
    const matrix = new ConfusionMatrix(3, ignore);
    const map = (...labels: number[]): LabelMap => ({
      width: labels.length,
      height: 1,
      data: Uint8Array.from(labels),
    });
    expect(() => matrix.add(map(0, 0, 7, 0), map(0, 0, 0, 0))).toThrow(
      'truth: a label map has a value that is no class (expected 0 to 2, or 255 to ignore a pixel, found 7)',
    );
    expect(() => matrix.add(map(0, 1, 2, 0), map(0, 1, 2, 3))).toThrow(OptionError);
    expect(() => matrix.add(map(0, 1), map(0, 1, 2))).toThrow('differ in size');
    expect(matrix.pixels).toBe(0);
    // What is predicted where nothing counts does not matter.
    matrix.add(map(0, ignore), map(0, 77));
    expect(matrix.at(0, 0)).toBe(1);
    expect(matrix.pixels).toBe(1);
  });
});
