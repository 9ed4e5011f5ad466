import { OptionError } from '../core/errors.js';
import { type LabelMap, type RgbImage, labelMap } from '../image/image.js';
import { featuresOf } from './lattice/features.js';
import { GaussianFilter } from './lattice/gaussian-filter.js';
import { type MeanFieldArrays, meanFieldArrays, meanFieldBytes } from './mean-field/arrays.js';
import { runPhases } from './mean-field/gang.js';
import { meanFieldPhases } from './mean-field/phases.js';
import { prepareTerm } from './mean-field/prepare.js';
import { privateMemory } from './memory.js';
import type { CrfParameters } from './parameters.js';
import {
  type CrfOptions,
  type CrfProblem,
  checkMemory,
  crfProblem,
  meanFieldSizes,
} from './problem.js';
import type { ClassPlanes } from './unary.js';

/** What the CRF makes of a picture. */
export interface CrfResult {
  /** Q, planar `[classes, height, width]`; they sum to 1 at every pixel. */
  readonly probabilities: ClassPlanes;
  /** The most probable class of each pixel, the lowest index on ties. */
  readonly labels: LabelMap;
  /** Bytes of the arrays that it took. */
  readonly bytes: number;
  /** Lattice points of the bilateral and the spatial term, where they are used. */
  readonly points: readonly number[];
}

/**
 * Approximate marginals of a fully connected CRF with Gaussian edge potentials, on the calling
 * thread.
 *
 * Mean field of Krähenbühl and Koltun 2011 with messages passed by filtering on the permutohedral
 * lattice, both for the bilateral and the spatial term, as in the implementation that the DeepLab
 * papers use. The lattice only approximates the Gaussians. The same input gives the same bits on
 * every engine with IEEE arithmetic, here and on several threads.
 *
 * @param image the picture, 3 bytes a pixel.
 * @param unary energies -log p of the same size, planar `[classes, height, width]`: any number but
 *   NaN, Infinity for impossible. See `unaryFromProbabilities` and `unaryFromLabels`.
 * @param parameters those not given are those of `defaultCrfParameters`.
 * @throws OptionError where sizes disagree, a parameter cannot be used, an energy is NaN or the
 *   arrays take more than the memory limit.
 */
export function denseCrf(
  image: RgbImage,
  unary: ClassPlanes,
  parameters?: Partial<CrfParameters>,
  options?: CrfOptions,
): CrfResult {
  const problem = crfProblem(image, unary, parameters, options);
  const filters = problem.terms.map(({ features }) =>
    GaussianFilter.of(featuresOf(features), privateMemory),
  );
  const sizes = meanFieldSizes(problem, filters);
  checkMemory(problem, sizes);
  const arrays = meanFieldArrays(sizes, new ArrayBuffer(meanFieldBytes(sizes)));
  fillEnergies(problem, arrays);
  for (const [index, term] of arrays.terms.entries()) {
    const filter = filters[index];
    const settings = problem.terms[index]?.settings;
    if (filter && settings) prepareTerm(filter, settings, term);
  }
  runPhases(meanFieldPhases(arrays));
  return collectResult(problem, arrays);
}

/** Beyond it, energies differ from Infinity in nothing that counts. */
const greatestEnergy = 1e30;
/** Pixels at a time, so that reading planes and writing pixels both stay in the cache. */
const tile = 64;

/** Copies the unary energies and the compatibility into the arrays. @throws OptionError for NaN. */
export function fillEnergies({ unary, compatibility }: CrfProblem, arrays: MeanFieldArrays): void {
  const { data, classes, width } = unary;
  const { energies } = arrays;
  const { pixels } = arrays.sizes;
  if (compatibility !== undefined) arrays.compatibility.set(compatibility);
  for (let first = 0; first < pixels; first += tile) {
    const end = Math.min(first + tile, pixels);
    for (let label = 0; label < classes; label++) {
      for (let pixel = first; pixel < end; pixel++) {
        const energy = data[label * pixels + pixel] as number;
        if (Number.isNaN(energy)) throw notANumber(label, pixel, width);
        energies[pixel * classes + label] = Math.max(
          -greatestEnergy,
          Math.min(greatestEnergy, energy),
        );
      }
    }
  }
}

function notANumber(label: number, pixel: number, width: number): OptionError {
  return new OptionError({
    place: `dense CRF: unary energy of class ${label} at (${pixel % width}, ${Math.floor(pixel / width)})`,
    problem: 'not a number',
    expected: 'an energy such as -log p',
    found: 'NaN',
  });
}

/** Copies the result out of the arrays, which then can be let go. */
export function collectResult({ unary }: CrfProblem, arrays: MeanFieldArrays): CrfResult {
  const { classes, height, width } = unary;
  const { energies: probabilities, sizes } = arrays;
  const { pixels } = sizes;
  const data = new Float32Array(classes * pixels);
  const labels = labelMap(
    width,
    height,
    classes > 256 ? new Uint16Array(pixels) : new Uint8Array(pixels),
  );
  for (let first = 0; first < pixels; first += tile) {
    const end = Math.min(first + tile, pixels);
    for (let label = 0; label < classes; label++) {
      for (let pixel = first; pixel < end; pixel++) {
        data[label * pixels + pixel] = probabilities[pixel * classes + label] as number;
      }
    }
    for (let pixel = first; pixel < end; pixel++) {
      const row = pixel * classes;
      let best = 0;
      for (let label = 1; label < classes; label++) {
        if ((probabilities[row + label] as number) > (probabilities[row + best] as number)) {
          best = label;
        }
      }
      labels.data[pixel] = best;
    }
  }
  return {
    probabilities: { data, classes, height, width },
    labels,
    bytes: meanFieldBytes(sizes),
    points: arrays.terms.map((term) => term.points),
  };
}
