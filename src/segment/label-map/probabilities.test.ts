import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { type AxisSamples, axisSamples, sliceSamples } from './coordinates.js';
import { labelMap } from './label-map.js';
import { probabilities } from './probabilities.js';
import type { ScoreGrid } from './score-grid.js';

const resized = (size: number, grid: number): AxisSamples =>
  axisSamples(size, [{ convention: 'half-pixel', from: size, to: grid }]);

function randomScores(seed: number, classes: number, height: number, width: number): ScoreGrid {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: classes * height * width }, () => 5 * random.normal());
  return { data, classes, height, width };
}

/** One interpolated score, from the four weighted corners. */
function scoreAt(
  { data, height, width }: ScoreGrid,
  label: number,
  x: AxisSamples,
  y: AxisSamples,
  column: number,
  row: number,
): number {
  const left = x.cell[column] as number;
  const top = y.cell[row] as number;
  let sum = 0;
  for (const [down, weightY] of [1 - (y.fraction[row] ?? 0), y.fraction[row] ?? 0].entries()) {
    for (const [along, weightX] of [
      1 - (x.fraction[column] ?? 0),
      x.fraction[column] ?? 0,
    ].entries()) {
      const gridRow = Math.min(top + down, height - 1);
      const gridColumn = Math.min(left + along, width - 1);
      const corner = data[(label * height + gridRow) * width + gridColumn] as number;
      sum += weightX * weightY * corner;
    }
  }
  return sum;
}

describe('probabilities', () => {
  it('is the softmax of interpolated logits', () => {
    const scores = randomScores(1, 5, 3, 4);
    const x = resized(17, 4);
    const y = resized(2, 3);
    const result = probabilities(scores, x, y);
    expect(result.length).toBe(5 * 2 * 17);
    for (let row = 0; row < 2; row++) {
      for (let column = 0; column < 17; column++) {
        const powers = Array.from({ length: 5 }, (_, label) =>
          Math.exp(scoreAt(scores, label, x, y, column, row)),
        );
        const sum = powers.reduce((total, power) => total + power, 0);
        for (const [label, power] of powers.entries()) {
          expect(result[(label * 2 + row) * 17 + column]).toBeCloseTo(power / sum, 6);
        }
      }
    }
  });

  it('interpolates probabilities as they are', () => {
    const scores = randomScores(2, 3, 4, 2);
    const x = resized(7, 2);
    const y = resized(9, 4);
    const result = probabilities(scores, x, y, 'probabilities');
    for (let label = 0; label < 3; label++) {
      for (let row = 0; row < 9; row++) {
        for (let column = 0; column < 7; column++) {
          const expected = scoreAt(scores, label, x, y, column, row);
          expect(result[(label * 9 + row) * 7 + column]).toBeCloseTo(expected, 5);
        }
      }
    }
  });

  it('has its highest value where the label map says', () => {
    const scores = randomScores(3, 6, 5, 5);
    const axis = resized(40, 5);
    const result = probabilities(scores, axis, axis);
    const { data } = labelMap(scores, axis, axis);
    for (let pixel = 0; pixel < 1600; pixel++) {
      const values = Array.from({ length: 6 }, (_, label) => result[label * 1600 + pixel] ?? 0);
      expect(values[data[pixel] ?? -1]).toBe(Math.max(...values));
    }
  });

  it('gives the same in strips', () => {
    const scores = randomScores(4, 3, 4, 4);
    const axis = resized(10, 4);
    const whole = probabilities(scores, axis, axis);
    const out = new Float32Array(3 * 4 * 10);
    expect(probabilities(scores, axis, sliceSamples(axis, 3, 7), 'logits', out)).toBe(out);
    for (let label = 0; label < 3; label++) {
      expect(out.slice(label * 40, label * 40 + 40)).toEqual(
        whole.slice(label * 100 + 30, label * 100 + 70),
      );
    }
  });

  it('shares between infinite scores and gives none to -Infinity and NaN', () => {
    const column = (...data: number[]): number[] => {
      const scores = { data: Float32Array.from(data), classes: data.length, height: 1, width: 1 };
      return Array.from(probabilities(scores, axisSamples(1, []), axisSamples(1, [])));
    };
    // One point stands on both sides of its cell, so that its weight 0 makes NaN of infinities.
    expect(column(0, Number.NaN, 0)).toEqual([0.5, 0, 0.5]);
    expect(column(0, Number.NEGATIVE_INFINITY)).toEqual([1, 0]);
    expect(column(Number.NaN, Number.NaN)).toEqual([0.5, 0.5]);
    expect(column(1e38, -1e38)).toEqual([1, 0]);
    expect(column(-1e38, -1e38)).toEqual([0.5, 0.5]);
    const between = { gridSize: 2, cell: Int32Array.of(0), fraction: Float64Array.of(0.5) };
    const planes = [Number.POSITIVE_INFINITY, 1, Number.POSITIVE_INFINITY, -3];
    const data = Float32Array.from({ length: 16 }, (_, index) => planes[index >> 2] ?? 0);
    const scores = { data, classes: 4, height: 2, width: 2 };
    expect(Array.from(probabilities(scores, between, between))).toEqual([0.5, 0, 0.5, 0]);
  });

  it('rejects an array of the wrong length', () => {
    const scores = randomScores(5, 2, 2, 2);
    const axis = resized(4, 2);
    expect(() => probabilities(scores, axis, axis, 'logits', new Float32Array(16))).toThrow(
      /expected 32 elements, found 16/,
    );
  });
});
