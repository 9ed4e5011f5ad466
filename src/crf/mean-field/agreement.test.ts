import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { denseCrf } from '../dense-crf.js';
import {
  exactMeanField,
  gaussianMatrix,
  latticeMatrix,
  normaliseSymmetrically,
  potts,
} from '../exact-mean-field.fixture.js';
import { bilateralFeatures, positionFeatures } from '../lattice/features.js';
import { noiseImage, randomEnergies, scene, withErrors } from '../pictures.fixture.js';
import { difference, expectDistributions } from '../results.fixture.js';
import { engines, smallPictures as parameters } from '../settings.fixture.js';
import { unaryFromLabels } from '../unary.js';

describe.each(engines)('mean field against every pair of pixels, %s', (engine) => {
  const width = 22;
  const height = 15;
  const pictures = [
    { name: 'scene', image: scene(width, height).image },
    { name: 'noise', image: noiseImage(width, height, seededRandom(5)) },
  ];

  it.each(
    pictures.flatMap(({ name, image }) =>
      [2, 3, 5, 21].map((classes) => ({ name, image, classes })),
    ),
  )('$name, $classes classes: within 1e-3 with the filter as a matrix', ({ image, classes }) => {
    const unary = randomEnergies(classes, width, height, seededRandom(classes));
    const matrices = [
      bilateralFeatures(
        image,
        parameters.bilateralPositionDeviation,
        parameters.bilateralColourDeviation,
      ),
      positionFeatures(image, parameters.spatialPositionDeviation),
    ].map((features) => normaliseSymmetrically(latticeMatrix(features)));
    const terms = [
      { weight: parameters.bilateralWeight, matrix: matrices[0] as Float64Array },
      { weight: parameters.spatialWeight, matrix: matrices[1] as Float64Array },
    ];
    const exact = exactMeanField(unary, terms, potts, parameters.iterations);
    const result = denseCrf(image, unary, parameters, { engine });
    expect(difference(result, exact).most).toBeLessThan(1e-3);
    expectDistributions(result);
  });

  it('a full compatibility matrix: within 1e-3', () => {
    const classes = 4;
    const { image } = scene(width, height);
    const unary = randomEnergies(classes, width, height, seededRandom(8));
    const random = seededRandom(9);
    const compatibility = new Float32Array(classes * classes);
    for (let a = 0; a < classes; a++) {
      for (let b = 0; b <= a; b++) {
        const cost = a === b ? -0.5 * random.uniform() : 1.5 * random.uniform();
        compatibility[a * classes + b] = cost;
        compatibility[b * classes + a] = cost;
      }
    }
    const matrix = normaliseSymmetrically(latticeMatrix(bilateralFeatures(image, 10, 10)));
    const cost = (a: number, b: number) => compatibility[a * classes + b] as number;
    const exact = exactMeanField(unary, [{ weight: 5, matrix }], cost, 6);
    const result = denseCrf(
      image,
      unary,
      {
        bilateralWeight: 5,
        bilateralPositionDeviation: 10,
        bilateralColourDeviation: 10,
        spatialWeight: 0,
        iterations: 6,
      },
      { engine, compatibility },
    );
    expect(difference(result, exact).most).toBeLessThan(1e-3);
  });

  it('the Potts model is the matrix of ones off the diagonal', () => {
    const classes = 3;
    const { image } = scene(width, height);
    const unary = randomEnergies(classes, width, height, seededRandom(10));
    const compatibility = [0, 1, 1, 1, 0, 1, 1, 1, 0];
    const matrix = denseCrf(image, unary, parameters, { engine, compatibility });
    const model = denseCrf(image, unary, parameters, { engine });
    expect(difference(matrix, Float64Array.from(model.probabilities.data)).most).toBeLessThan(1e-4);
  });
});

describe('the approximation of the Gaussians by the lattice', () => {
  // Not a matter of arithmetic: the lattice's kernel is another function than the Gaussian.
  it('moves few probabilities and no label of a picture with edges', () => {
    const { image, truth } = scene(40, 28);
    const unary = unaryFromLabels(withErrors(truth, 3, 0.2), 3, { certainty: 0.6 });
    const terms = [
      {
        weight: 4,
        matrix: normaliseSymmetrically(gaussianMatrix(bilateralFeatures(image, 12, 8))),
      },
      { weight: 3, matrix: normaliseSymmetrically(gaussianMatrix(positionFeatures(image, 2))) },
    ];
    const exact = exactMeanField(unary, terms, potts, parameters.iterations);
    const result = denseCrf(image, unary, parameters);
    const { mean, most } = difference(result, exact);
    // Measured: 2.3e-4 on average, 0.021 at most.
    expect(mean).toBeLessThan(5e-4);
    expect(most).toBeLessThan(0.05);
    const pixels = 40 * 28;
    for (const [pixel, label] of result.labels.data.entries()) {
      const own = [0, 1, 2].map((each) => exact[each * pixels + pixel] as number);
      expect(own[label]).toBe(Math.max(...own));
    }
  });
});
