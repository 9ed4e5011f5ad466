import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import type { LabelMap } from '../../image/index.js';
import { ConfusionMatrix } from '../confusion-matrix.js';
import { scoresOf } from '../scores.js';
import { BoundaryBands } from './bands.js';

const ignore = 255;
const labels = ['a', 'b', 'c'];

/** Whether a pixel that a test accepts lies within `reach` of a pixel, by looking at all of them. */
function isNear(map: LabelMap, pixel: number, reach: number, test: (label: number) => boolean) {
  const { width } = map;
  return map.data.some((label, other) => {
    const dx = (other % width) - (pixel % width);
    const dy = Math.floor(other / width) - Math.floor(pixel / width);
    return dx * dx + dy * dy <= reach * reach && test(label);
  });
}

/** The same map with all pixels outside of a band marked as to be ignored. */
function maskedTo(map: LabelMap, inBand: (pixel: number) => boolean): LabelMap {
  return { ...map, data: map.data.map((label, pixel) => (inBand(pixel) ? label : ignore)) };
}

/** Blobs of classes with outlines of void where classes meet. */
function outlined(seed: number, width: number, height: number): LabelMap {
  const random = seededRandom(seed);
  const centres = Array.from({ length: 5 }, () => [
    random.integer(0, width),
    random.integer(0, height),
  ]);
  const nearest = (x: number, y: number) => {
    const distances = centres.map(([cx = 0, cy = 0]) => (x - cx) ** 2 + (y - cy) ** 2);
    return distances.indexOf(Math.min(...distances)) % labels.length;
  };
  const data = Uint8Array.from({ length: width * height }, (_, i) =>
    nearest(i % width, Math.floor(i / width)),
  );
  const map = { width, height, data };
  return maskedTo(map, (pixel) => !isNear(map, pixel, 1.5, (label) => label !== data[pixel]));
}

function randomPrediction(seed: number, { width, height }: LabelMap): LabelMap {
  const random = seededRandom(seed);
  const data = Uint8Array.from({ length: width * height }, () => random.integer(0, 2));
  return { width, height, data };
}

describe('boundary bands', () => {
  it('score the pixels close to another label, for each width', () => {
    const random = seededRandom(6);
    for (let round = 0; round < 8; round++) {
      const data = Uint8Array.from({ length: 28 * 21 }, () => 0);
      for (let i = 0; i < 4; i++) {
        const [x, y] = [random.integer(0, 24), random.integer(0, 18)];
        const label = i === 3 ? ignore : random.integer(0, 2);
        for (let dy = 0; dy < 3; dy++) data.fill(label, (y + dy) * 28 + x, (y + dy) * 28 + x + 4);
      }
      const truth = { width: 28, height: 21, data };
      const prediction = randomPrediction(round, truth);
      const widths = [5, 1, 2.5];
      const bands = new BoundaryBands(widths, 3, ignore);
      bands.add(truth, prediction);
      const found = bands.scores(labels);
      expect(found.map(({ width }) => width)).toEqual([1, 2.5, 5]);
      for (const { width, mIoU, pixelAccuracy, pixels } of found) {
        const matrix = new ConfusionMatrix(3, ignore);
        matrix.add(
          maskedTo(truth, (pixel) => isNear(truth, pixel, width, (label) => label !== data[pixel])),
          prediction,
        );
        const expected = scoresOf(matrix, labels);
        expect({ mIoU, pixelAccuracy, pixels }).toEqual({
          mIoU: expected.mIoU,
          pixelAccuracy: expected.pixelAccuracy,
          pixels: expected.pixels,
        });
      }
    }
  });

  it('are the dilated void where void outlines part all classes, as the trimap protocol has it', () => {
    const truth = outlined(7, 40, 30);
    const prediction = randomPrediction(7, truth);
    const bands = new BoundaryBands([1, 3, 6], 3, ignore);
    bands.add(truth, prediction);
    for (const { width, mIoU, pixels } of bands.scores(labels)) {
      const matrix = new ConfusionMatrix(3, ignore);
      const nearVoid = (pixel: number) => isNear(truth, pixel, width, (label) => label === ignore);
      matrix.add(maskedTo(truth, nearVoid), prediction);
      const expected = scoresOf(matrix, labels);
      expect([mIoU, pixels]).toEqual([expected.mIoU, expected.pixels]);
      expect(pixels).toBeGreaterThan(0);
    }
  });

  it('add up over pictures and score a part of the classes', () => {
    const truths = [outlined(8, 30, 20), outlined(9, 30, 20)];
    const whole = new BoundaryBands([2, 4], 3, ignore);
    const merged = new BoundaryBands([2, 4], 3, ignore);
    const part = new BoundaryBands([2, 4], 3, ignore);
    truths.forEach((truth, i) => {
      whole.add(truth, randomPrediction(i, truth));
      part.add(truth, randomPrediction(i, truth));
      merged.merge(part.takeCounts());
    });
    expect(merged.scores(labels, [0, 2])).toEqual(whole.scores(labels, [0, 2]));
    expect(merged.scores(labels, [0, 2])).not.toEqual(whole.scores(labels));
  });

  it('refuse widths that are none', () => {
    expect(() => new BoundaryBands([0], 3)).toThrow('not a width of a band');
    expect(() => new BoundaryBands([2, Number.NaN], 3)).toThrow('expected 1 to 1024 pixels');
    expect(new BoundaryBands([], 3).scores(labels)).toEqual([]);
  });
});
