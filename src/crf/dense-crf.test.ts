import { describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import { rgbImage } from '../image/image.js';
import { type CrfResult, denseCrf, SingleThreadDenseCrf } from './dense-crf.js';
import { exactMeanField, potts } from './exact-mean-field.fixture.js';
import type { CrfParameters } from './parameters.js';
import { noiseImage, noisyScene, overlap, randomEnergies, scene } from './pictures.fixture.js';
import { difference, expectDistributions } from './results.fixture.js';
import { engines, smallPictures as parameters } from './settings.fixture.js';
import { type ClassPlanes, unaryFromProbabilities } from './unary.js';

describe.each(engines)('a noisy mask, %s', (engine) => {
  it('gets cleaner along the edges of the picture', () => {
    const { image, truth, noisy, unary } = noisyScene(120, 90);
    const { labels } = denseCrf(image, unary, parameters, { engine });
    for (const label of [0, 1, 2]) {
      expect(overlap(noisy, truth, label)).toBeLessThan(0.85);
      expect(overlap(labels, truth, label)).toBeGreaterThan(0.97);
    }
  });

  it('gives the same bits every time', () => {
    const { image, unary } = noisyScene(60, 45);
    const first = denseCrf(image, unary, parameters, { engine });
    const second = denseCrf(image, unary, parameters, { engine });
    expect(second.probabilities.data).toEqual(first.probabilities.data);
  });
});

describe.each(engines)('several CRFs one after the other, %s', (engine) => {
  const { image, unary } = noisyScene(50, 40);
  // Weights alone, then each of the deviations, then terms that are left out.
  const sets: readonly Partial<CrfParameters>[] = [
    parameters,
    { ...parameters, bilateralWeight: 9, spatialWeight: 1 },
    { ...parameters, bilateralPositionDeviation: 30 },
    { ...parameters, bilateralPositionDeviation: 30, bilateralColourDeviation: 3 },
    { ...parameters, bilateralColourDeviation: 3, spatialPositionDeviation: 6 },
    { ...parameters, bilateralWeight: 0 },
    { ...parameters, iterations: 0 },
    parameters,
  ];

  it('are those of denseCrf, with lattices and memory used again', () => {
    const crf = new SingleThreadDenseCrf();
    const results = [...crf.runEach(image, unary, sets, { engine })];
    expect(results.length).toBe(sets.length);
    for (const [index, each] of sets.entries()) {
      expect(results[index]).toEqual(denseCrf(image, unary, each, { engine }));
    }
    const other = scene(31, 64);
    const otherUnary = randomEnergies(5, 31, 64, seededRandom(2));
    const there = crf.run(other.image, otherUnary, parameters, { engine });
    expect(there).toEqual(denseCrf(other.image, otherUnary, parameters, { engine }));
    crf.close();
    expect(crf.run(image, unary, parameters, { engine })).toEqual(results[0]);
  });

  it('go on until parameters cannot be used', () => {
    const each = new SingleThreadDenseCrf().runEach(image, unary, [parameters, { iterations: -1 }]);
    expect(each.next().done).toBe(false);
    expect(() => each.next()).toThrow(/iterations/);
  });
});

describe.each(engines)('edge cases, %s', (engine) => {
  const run = (unary: ClassPlanes, given: Partial<CrfParameters> = {}): CrfResult => {
    const { width, height } = unary;
    return denseCrf(noiseImage(width, height, seededRandom(3)), unary, given, { engine });
  };

  it('a single pixel keeps its most probable class', () => {
    const data = Float32Array.from([2, 0.5, 3]);
    const result = run({ data, classes: 3, height: 1, width: 1 });
    expectDistributions(result);
    expect([...result.labels.data]).toEqual([1]);
  });

  it('a single class is certain', () => {
    const result = run(randomEnergies(1, 7, 5, seededRandom(1)));
    expect([...result.probabilities.data]).toEqual(Array(35).fill(1));
    expect([...result.labels.data]).toEqual(Array(35).fill(0));
  });

  it('a picture of one colour', () => {
    const image = rgbImage(30, 20, new Uint8Array(1800).fill(128));
    const unary = randomEnergies(4, 30, 20, seededRandom(2));
    expectDistributions(denseCrf(image, unary, {}, { engine }));
  });

  it('deviations that put the whole picture into one simplex', () => {
    const unary = randomEnergies(2, 300, 200, seededRandom(2));
    const wide = { bilateralPositionDeviation: 1e9, bilateralColourDeviation: 1e9 };
    const result = run(unary, { ...wide, spatialWeight: 0, bilateralWeight: 2, iterations: 1 });
    // The filter is the mean of all pixels' beliefs, the message to every pixel.
    const pixels = 60_000;
    const { data } = unary;
    let mean = 0;
    for (let i = 0; i < pixels; i++) {
      mean += 1 / (1 + Math.exp((data[i] as number) - (data[i + pixels] as number))) / pixels;
    }
    for (const pixel of [0, 31_234, pixels - 1]) {
      const gap = (data[pixel + pixels] as number) - (data[pixel] as number) + 2 * (2 * mean - 1);
      const expected = 1 / (1 + Math.exp(-gap));
      expect(result.probabilities.data[pixel]).toBeCloseTo(expected, 4);
    }
  });

  it('huge and infinite energies', () => {
    const random = seededRandom(4);
    const extremes = [0, 1e38, -1e38, 1e20, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const data = Float32Array.from(
      { length: 5 * 12 * 9 },
      () => extremes[random.integer(0, extremes.length - 1)] as number,
    );
    expectDistributions(run({ data, classes: 5, height: 9, width: 12 }, { bilateralWeight: 1e6 }));
  });

  it('every class impossible at a pixel', () => {
    const data = new Float32Array(3 * 4).fill(Number.POSITIVE_INFINITY);
    expectDistributions(run({ data, classes: 3, height: 2, width: 2 }));
  });

  it('probabilities of zero', () => {
    const data = new Float32Array(2 * 6 * 6);
    data.fill(1, 0, 36);
    const planes = { data, classes: 2, height: 6, width: 6 };
    const result = run(unaryFromProbabilities(planes));
    expectDistributions(result);
    expect([...result.labels.data]).toEqual(Array(36).fill(0));
  });

  it('no iterations or no terms leave softmax(-U)', () => {
    const unary = randomEnergies(3, 5, 4, seededRandom(6));
    const expected = exactMeanField(unary, [], potts, 0);
    const none = { bilateralWeight: 0, spatialWeight: 0 };
    expect(difference(run(unary, { iterations: 0 }), expected).most).toBeLessThan(1e-6);
    expect(difference(run(unary, none), expected).most).toBeLessThan(1e-6);
  });

  it('more classes than a byte can name', () => {
    const unary = randomEnergies(300, 4, 3, seededRandom(7));
    unary.data.fill(-5, 290 * 12, 291 * 12);
    expect([...run(unary).labels.data]).toEqual(Array(12).fill(290));
  });
});

describe('what cannot be computed is refused', () => {
  const image = rgbImage(4, 3);
  const unary = randomEnergies(2, 4, 3, seededRandom(1));

  it('sizes that disagree', () => {
    expect(() => denseCrf(rgbImage(3, 4), unary)).toThrow(
      /image: does not have the size .* \(expected 4x3.*found 3x4/,
    );
    const short = { ...unary, data: unary.data.subarray(1) };
    expect(() => denseCrf(image, short)).toThrow(/\[2, 3, 4\].*expected 24 elements, found 23/);
    const hollow = { ...image, data: new Uint8Array(35) };
    expect(() => denseCrf(hollow, unary)).toThrow(OptionError);
  });

  it('an energy that is not a number', () => {
    const data = unary.data.slice();
    data[12 + 6] = Number.NaN;
    expect(() => denseCrf(image, { ...unary, data })).toThrow(/class 1 at \(2, 1\): not a number/);
  });

  it.each([
    [{ bilateralColourDeviation: -3 }, /bilateralColourDeviation.*a positive number, found -3/],
    [{ spatialPositionDeviation: 0 }, /spatialPositionDeviation.*found 0/],
    [{ bilateralPositionDeviation: Number.NaN }, /bilateralPositionDeviation.*found NaN/],
    [{ bilateralWeight: -1 }, /bilateralWeight.*found -1/],
    [{ spatialWeight: Number.POSITIVE_INFINITY }, /spatialWeight.*found Infinity/],
    [{ iterations: 2.5 }, /iterations.*whole number/],
    [{ bilateralColourDeviation: 1e-5 }, /bilateralColourDeviation: too small/],
  ])('parameters %o', (given, message) => {
    expect(() => denseCrf(image, unary, given)).toThrow(message);
  });

  it.each([
    [[0, 1, 1], /expected 4 costs, found 3/],
    [[0, 1, 2, 0], /classes 1 and 0: costs must be finite and the same both ways/],
    [[Number.NaN, 1, 1, 0], /classes 0 and 0/],
  ])('compatibility %o', (compatibility, message) => {
    expect(() => denseCrf(image, unary, {}, { compatibility })).toThrow(message);
  });

  it('more memory than allowed, before any work', () => {
    const large = { data: new Float32Array(2 * 10 ** 6), classes: 2, height: 1000, width: 1000 };
    const before = performance.now();
    expect(() => denseCrf(rgbImage(1000, 1000), large, {}, { memoryLimit: 10 ** 6 })).toThrow(
      /1000x1000 pixels and 2 classes: needs more memory than it may use .*scale the picture/,
    );
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
