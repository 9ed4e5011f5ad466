import { describe, expect, it } from 'vitest';
import { labelMap } from '../image/image.js';
import { unaryFromLabels, unaryFromProbabilities } from './unary.js';

const planes = (classes: number, values: readonly number[]) => ({
  data: Float32Array.from(values),
  classes,
  height: 1,
  width: values.length / classes,
});

const expectEnergies = (found: Float32Array, expected: readonly number[]): void => {
  expect(found.length).toBe(expected.length);
  for (const [at, energy] of found.entries()) expect(energy).toBeCloseTo(expected[at] ?? 0, 5);
};

describe('energies of probabilities', () => {
  it('are -log p, with a least probability', () => {
    const { data, ...shape } = unaryFromProbabilities(planes(2, [1, 0.25, 0, 0.75]));
    expect(shape).toEqual({ classes: 2, height: 1, width: 2 });
    expectEnergies(data, [0, Math.log(4), 5 * Math.log(10), -Math.log(0.75)]);
    const { data: coarse } = unaryFromProbabilities(planes(2, [1, 0]), { least: 0.1 });
    expectEnergies(coarse, [0, Math.log(10)]);
  });

  it('are those of a mixture with the uniform distribution for less certainty', () => {
    const { data } = unaryFromProbabilities(planes(2, [1, 0]), { certainty: 0.8 });
    expectEnergies(data, [-Math.log(0.9), -Math.log(0.1)]);
  });

  it('stay NaN for NaN, which the CRF refuses by place', () => {
    expect(unaryFromProbabilities(planes(2, [Number.NaN, 1])).data[0]).toBeNaN();
  });

  it.each([{ least: 0 }, { least: Number.NaN }, { certainty: 0 }, { certainty: 1.1 }])(
    'refuse %o',
    (options) => {
      expect(() => unaryFromProbabilities(planes(2, [1, 0]), options)).toThrow(/not a probability/);
    },
  );

  it('refuse an array that does not fill its shape', () => {
    expect(() => unaryFromProbabilities({ ...planes(2, [1, 0]), height: 2 })).toThrow(
      /\[2, 2, 1\].*expected 4 elements, found 2/,
    );
  });
});

describe('energies of labels', () => {
  it('give the label its certainty and the others the rest', () => {
    const { data } = unaryFromLabels(labelMap(2, 1, Uint8Array.of(2, 0)), 3, { certainty: 0.6 });
    const [own, other] = [-Math.log(0.6), -Math.log(0.2)];
    expectEnergies(data, [other, own, other, other, own, other]);
  });

  it('are equal where nothing is known', () => {
    const { data } = unaryFromLabels(labelMap(2, 1, Uint8Array.of(255, 1)), 2, { unknown: 255 });
    expectEnergies(data, [Math.log(2), Math.log(2), Math.log(2), Math.log(2)]);
  });

  it('refuse a label that is no class, by place', () => {
    expect(() => unaryFromLabels(labelMap(2, 2, Uint8Array.of(0, 1, 0, 255)), 2)).toThrow(
      /label map at \(1, 1\): a label that is not a class \(expected 0 to 1, found 255\)/,
    );
  });

  it.each([0, 1, -0.5, Number.NaN])('refuse the certainty %d', (certainty) => {
    expect(() => unaryFromLabels(labelMap(1, 1), 2, { certainty })).toThrow(/certainty/);
  });
});
