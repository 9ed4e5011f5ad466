import { OptionError } from '../core/errors.js';
import { type LabelMap, labelMap, type RgbImage } from '../image/image.js';
import { type FeatureSource, featuresOf } from './lattice/features.js';
import { GaussianFilter } from './lattice/gaussian-filter.js';
import {
  columnOf,
  type MeanFieldArrays,
  meanFieldArrays,
  meanFieldBytes,
  unusedEnergy,
} from './mean-field/arrays.js';
import { type Block, kernelsOf } from './mean-field/block.js';
import { runPhases } from './mean-field/gang.js';
import { meanFieldPhases } from './mean-field/phases.js';
import { prepareTerm } from './mean-field/prepare.js';
import { privateMemory } from './memory.js';
import type { CrfParameters } from './parameters.js';
import {
  allocate,
  type CrfOptions,
  type CrfProblem,
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
 * lattice (Adams, Baek, Davis 2010), for the bilateral and the spatial term alike, as in the
 * implementation that the DeepLab papers use; results agree with it but for rounding. As there, a
 * pixel also sends a message to itself.
 *
 * The lattice only approximates the Gaussians. On 40x28 crops of a photograph its normalised filter
 * was 4 to 24 % away from them (Frobenius norm), the marginals by at most 3e-4 on average, up to
 * 0.8 at a contested pixel, and 0 to 3 of the 1120 labels differed.
 *
 * The same input gives the same bits every time, here and on any number of threads; the two engines
 * differ by rounding.
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
  return new SingleThreadDenseCrf().run(image, unary, parameters, options);
}

/** A term's lattice, to be used again for as long as its features stay the same. */
interface KeptLattice {
  readonly key: string;
  readonly filter: GaussianFilter;
}

/**
 * Dense CRFs on the calling thread, one after the other, whose memory is kept for the next one. The
 * results are those of `denseCrf`, bit by bit.
 */
export class SingleThreadDenseCrf {
  #block: Block | undefined;

  /** The same as `denseCrf`. @throws OptionError as `denseCrf` does. */
  run(
    image: RgbImage,
    unary: ClassPlanes,
    parameters?: Partial<CrfParameters>,
    options?: CrfOptions,
  ): CrfResult {
    return this.#infer(crfProblem(image, unary, parameters, options), new Map());
  }

  /**
   * The results for several parameters on one picture, each computed when it is asked for. A term
   * whose deviations are those of the parameters before takes over its lattice, so that changing
   * weights costs no more than the iterations.
   *
   * @throws OptionError as `denseCrf` does, when it comes to the parameters that cannot be used.
   */
  *runEach(
    image: RgbImage,
    unary: ClassPlanes,
    parameterSets: Iterable<Partial<CrfParameters>>,
    options?: CrfOptions,
  ): Generator<CrfResult, void, void> {
    const lattices = new Map<FeatureSource['kind'], KeptLattice>();
    for (const parameters of parameterSets) {
      yield this.#infer(crfProblem(image, unary, parameters, options), lattices);
    }
  }

  /** Lets the memory go; the next picture takes new memory. */
  close(): void {
    this.#block = undefined;
  }

  #infer(problem: CrfProblem, lattices: Map<FeatureSource['kind'], KeptLattice>): CrfResult {
    const filters = problem.terms.map(({ features }) => filterOf(features, lattices));
    const sizes = meanFieldSizes(problem, filters, 1);
    this.#block = allocate(problem, sizes, false, this.#block);
    const arrays = meanFieldArrays(sizes, this.#block.memory.buffer);
    fillEnergies(problem, arrays);
    for (const [index, term] of arrays.terms.entries()) {
      const filter = filters[index];
      const settings = problem.terms[index]?.settings;
      if (filter && settings) prepareTerm(filter, settings, term);
    }
    runPhases(meanFieldPhases(arrays, kernelsOf(this.#block), 0));
    return collectResult(problem, arrays);
  }
}

/** The filter of a term's features, from before where only weights have changed. */
function filterOf(
  features: FeatureSource,
  lattices: Map<FeatureSource['kind'], KeptLattice>,
): GaussianFilter {
  const key = [
    features.positionDeviation,
    features.kind === 'bilateral' ? features.colourDeviation : '',
  ].join();
  const kept = lattices.get(features.kind);
  if (kept?.key === key) return kept.filter;
  // Gone before the next one is made: the two need not be in memory together.
  lattices.delete(features.kind);
  const filter = GaussianFilter.of(featuresOf(features), privateMemory);
  lattices.set(features.kind, { key, filter });
  return filter;
}

/** Beyond it, energies differ from Infinity in nothing that counts. */
const greatestEnergy = 1e30;
/** Pixels at a time, so that reading planes and writing pixels both stay in the cache. */
const tile = 64;

/** Copies the unary energies and the compatibility into the arrays. @throws OptionError for NaN. */
export function fillEnergies(problem: CrfProblem, arrays: MeanFieldArrays): void {
  const { unary, labels, compatibility } = problem;
  const { energies, width, costs, control, sizes } = arrays;
  const { pixels, classes } = sizes;
  energies.fill(unusedEnergy);
  costs.fill(0);
  control.fill(0);
  for (let first = 0; first < pixels; first += tile) {
    const end = Math.min(first + tile, pixels);
    for (const [index, label] of labels.entries()) {
      const column = columnOf(index, classes);
      for (let pixel = first; pixel < end; pixel++) {
        const energy = unary.data[label * pixels + pixel] as number;
        if (Number.isNaN(energy)) throw notANumber(label, pixel, unary.width);
        energies[pixel * width + column] =
          energy < -greatestEnergy
            ? -greatestEnergy
            : energy > greatestEnergy
              ? greatestEnergy
              : energy;
      }
    }
  }
  if (compatibility === undefined) return;
  for (const [row, label] of labels.entries()) {
    for (const [column, other] of labels.entries()) {
      const cost = compatibility[label * unary.classes + other] as number;
      costs[columnOf(row, classes) * width + columnOf(column, classes)] = cost;
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
export function collectResult(problem: CrfProblem, arrays: MeanFieldArrays): CrfResult {
  const { classes, height, width } = problem.unary;
  const { energies: probabilities, sizes, width: row } = arrays;
  const { pixels } = sizes;
  const columns = problem.labels.map(
    (label, index) => [label, columnOf(index, sizes.classes)] as const,
  );
  const data = new Float32Array(classes * pixels);
  const labels = labelMap(
    width,
    height,
    classes > 256 ? new Uint16Array(pixels) : new Uint8Array(pixels),
  );
  for (let first = 0; first < pixels; first += tile) {
    const end = Math.min(first + tile, pixels);
    for (const [label, column] of columns) {
      for (let pixel = first; pixel < end; pixel++) {
        const probability = probabilities[pixel * row + column] as number;
        data[label * pixels + pixel] = probability;
        const leader = labels.data[pixel] as number;
        if (probability > (data[leader * pixels + pixel] as number)) labels.data[pixel] = label;
      }
    }
  }
  return {
    probabilities: { data, classes, height, width },
    labels,
    bytes: meanFieldBytes(sizes),
    points: arrays.terms.map((term) => term.points),
  };
}
