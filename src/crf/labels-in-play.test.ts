import { expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { denseCrf } from './dense-crf.js';
import { labelsInPlay } from './labels-in-play.js';
import { randomEnergies, scene, withErrors } from './pictures.fixture.js';
import { unaryFromLabels } from './unary.js';

it('keeps every class that is probable enough somewhere', () => {
  // Two pixels: class 1 is nowhere within e^-3 of the best, class 2 is so at the second.
  const data = Float32Array.from([0, 1, 5, 6, 9, 2]);
  const unary = { data, classes: 3, height: 1, width: 2 };
  expect(labelsInPlay(unary, 0)).toEqual([0, 1, 2]);
  expect(labelsInPlay(unary, Math.exp(-3))).toEqual([0, 2]);
  expect(labelsInPlay(unary, 1)).toEqual([0]);
  expect(labelsInPlay(unary, Math.exp(-7))).toEqual([0, 1, 2]);
});

it('refuses what is no share', () => {
  const unary = randomEnergies(2, 2, 2, seededRandom(1));
  for (const share of [-0.1, 1.5, Number.NaN]) {
    expect(() => labelsInPlay(unary, share)).toThrow(/ignoreBelow: not a share/);
  }
});

it('gives the classes that are left nearly what all classes would, in less memory', () => {
  const { image, truth } = scene(60, 45);
  const classes = 21;
  const unary = unaryFromLabels(withErrors(truth, 3, 0.2), classes, { certainty: 0.7 });
  // Classes 3 to 20 are improbable at every pixel, the others at none.
  const pixels = 60 * 45;
  unary.data.fill(20, 3 * pixels);
  const compatibility = Array.from({ length: classes ** 2 }, (_, at) =>
    at % (classes + 1) === 0 ? 0 : 1,
  );
  for (const options of [{}, { compatibility }]) {
    const all = denseCrf(image, unary, {}, options);
    const some = denseCrf(image, unary, {}, { ...options, ignoreBelow: 1e-5 });
    for (const [at, value] of some.probabilities.data.entries()) {
      expect(Math.abs(value - (all.probabilities.data[at] as number))).toBeLessThan(1e-3);
      if (at >= 3 * pixels) expect(value).toBe(0);
    }
    expect(some.labels).toEqual(all.labels);
    expect(some.bytes).toBeLessThan(all.bytes / 1.5);
  }
});

it('names the place of an energy that is not a number as before', () => {
  const { image } = scene(6, 5);
  const unary = randomEnergies(4, 6, 5, seededRandom(2));
  unary.data.fill(100, 0, 30);
  unary.data[3 * 30 + 8] = Number.NaN;
  expect(() => denseCrf(image, unary, {}, { ignoreBelow: 0.01 })).toThrow(/class 3 at \(2, 1\)/);
});
