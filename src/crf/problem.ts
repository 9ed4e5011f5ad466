import { type ErrorParts, OptionError } from '../core/errors.js';
import type { RgbImage } from '../image/image.js';
import { labelsInPlay } from './labels-in-play.js';
import type { FeatureSource } from './lattice/features.js';
import type { BlurOrder, GaussianFilter } from './lattice/gaussian-filter.js';
import type { Normalisation } from './lattice/normalisation.js';
import { type MeanFieldSizes, meanFieldBytes } from './mean-field/arrays.js';
import { allocateBlock, type Block, type CrfEngine } from './mean-field/block.js';
import type { TermSettings } from './mean-field/prepare.js';
import { type CrfParameters, completeCrfParameters } from './parameters.js';
import { type ClassPlanes, checkPlanes } from './unary.js';

/** Bytes that the arrays of a CRF may take where nothing else is said: 2 GiB. */
export const defaultMemoryLimit = 2 ** 31;

/** A picture whose CRF takes more memory than it may. */
export class CrfMemoryError extends OptionError {
  /** Bytes that its arrays would take. */
  readonly needed: number;

  constructor(needed: number, parts: ErrorParts) {
    super(parts);
    this.needed = needed;
  }
}

/** How the CRF is computed. */
export interface CrfOptions {
  /** How the Gaussian filters are normalised; `symmetric`, as in the papers, by default. */
  readonly normalisation?: Normalisation;
  /**
   * μ(l, l'), the cost of labels l and l' beside each other, `[classes, classes]`, symmetric.
   * By default the Potts model: 1 for different labels, else 0.
   */
  readonly compatibility?: ArrayLike<number>;
  /**
   * `forward` (the default) blurs the lattice's axes in one order, as the papers' implementation
   * does; `both` takes the mean of both orders, which makes the filter exactly symmetric.
   */
  readonly blurOrder?: Exclude<BlurOrder, 'reverse'>;
  /**
   * Leaves out the classes which at no pixel are at least this many times as probable, by the unary
   * energies, as the most probable class there; their result is 0. 0 (the default) leaves out none.
   *
   * With Potts and a symmetric normalisation whose rows sum to at most κ, a class below
   * δ · exp(-(bi_w + pos_w) κ δ) everywhere would stay below δ in every iteration, so that little
   * is lost; time and memory are those of the classes that are left.
   */
  readonly ignoreBelow?: number;
  /** The most bytes to use for the arrays; `defaultMemoryLimit` unless told. */
  readonly memoryLimit?: number;
  /** What computes the inner loops: WebAssembly by default, JavaScript where there is none. */
  readonly engine?: CrfEngine;
}

/** A CRF that can be computed: all checked. */
export interface CrfProblem {
  readonly unary: ClassPlanes;
  /** The classes that take part, ascending. */
  readonly labels: readonly number[];
  readonly iterations: number;
  readonly terms: readonly CrfTerm[];
  readonly compatibility: ArrayLike<number> | undefined;
  readonly mirrored: boolean;
  readonly memoryLimit: number;
  readonly engine: CrfEngine | undefined;
}

export interface CrfTerm {
  readonly features: FeatureSource;
  readonly settings: TermSettings;
}

/**
 * Checks what a CRF is made of.
 *
 * @throws OptionError naming what does not fit.
 */
export function crfProblem(
  image: RgbImage,
  unary: ClassPlanes,
  given: Partial<CrfParameters> = {},
  options: CrfOptions = {},
): CrfProblem {
  const parameters = completeCrfParameters(given);
  const { normalisation = 'symmetric', blurOrder = 'forward' } = options;
  const { memoryLimit = defaultMemoryLimit } = options;
  checkPlanes('dense CRF: unary energies', unary);
  checkImage(image, unary);
  if (options.compatibility !== undefined) {
    checkCompatibility(options.compatibility, unary.classes);
  }
  const labels = labelsInPlay(unary, options.ignoreBelow ?? 0);
  const settings = (weight: number): TermSettings => ({ weight, normalisation, order: blurOrder });
  const { width, height } = image;
  const terms: CrfTerm[] = [];
  if (parameters.bilateralWeight > 0) {
    const positionDeviation = parameters.bilateralPositionDeviation;
    const colourDeviation = parameters.bilateralColourDeviation;
    checkExtent('bilateralPositionDeviation', Math.max(width, height), positionDeviation);
    checkExtent('bilateralColourDeviation', 255, colourDeviation);
    terms.push({
      features: { kind: 'bilateral', image, positionDeviation, colourDeviation },
      settings: settings(parameters.bilateralWeight),
    });
  }
  if (parameters.spatialWeight > 0) {
    const positionDeviation = parameters.spatialPositionDeviation;
    checkExtent('spatialPositionDeviation', Math.max(width, height), positionDeviation);
    terms.push({
      features: { kind: 'position', size: { width, height }, positionDeviation },
      settings: settings(parameters.spatialWeight),
    });
  }
  const problem: CrfProblem = {
    unary,
    labels,
    iterations: parameters.iterations,
    // Without iterations, or with a single class, nothing ever asks the neighbours.
    terms: parameters.iterations === 0 || labels.length === 1 ? [] : terms,
    compatibility: options.compatibility,
    mirrored: blurOrder === 'both',
    memoryLimit,
    engine: options.engine,
  };
  // As few points as there can be: what is too large now is refused before any work.
  checkMemory(problem, meanFieldSizes(problem, problem.terms.map(leastTerm), 1));
  return problem;
}

/** The sizes of the problem's arrays, once its lattices are known. */
export function meanFieldSizes(
  problem: CrfProblem,
  filters: readonly Pick<GaussianFilter, 'points' | 'chains'>[],
  threads: number,
): MeanFieldSizes {
  const { unary, labels, iterations, mirrored, compatibility } = problem;
  return {
    pixels: unary.width * unary.height,
    classes: labels.length,
    iterations,
    threads,
    mirrored,
    matrix: compatibility !== undefined,
    terms: filters.map(({ points, chains }) => ({
      points,
      chains: chains.map((chain) => chain.length),
    })),
  };
}

/**
 * Memory for all arrays, with anything in it.
 *
 * @param former used again where it suits.
 * @throws CrfMemoryError where they take more than the limit or than can be had.
 */
export function allocate(
  problem: CrfProblem,
  sizes: MeanFieldSizes,
  shared: boolean,
  former?: Block,
): Block {
  checkMemory(problem, sizes);
  const bytes = meanFieldBytes(sizes);
  const engine = problem.engine ?? former?.engine;
  if (former?.engine === engine && former !== undefined) {
    if (former.memory.buffer.byteLength >= bytes) return former;
  }
  try {
    return allocateBlock(bytes, shared, problem.engine);
  } catch (cause) {
    throw tooLarge(problem, sizes, 'needs more memory than there is', cause);
  }
}

function checkMemory(problem: CrfProblem, sizes: MeanFieldSizes): void {
  if (meanFieldBytes(sizes) <= problem.memoryLimit) return;
  throw tooLarge(problem, sizes, 'needs more memory than it may use');
}

function tooLarge(
  { unary, memoryLimit }: CrfProblem,
  sizes: MeanFieldSizes,
  problem: string,
  cause?: unknown,
): CrfMemoryError {
  const mebibytes = (value: number) => `${Math.ceil(value / 2 ** 20)} MiB`;
  const needed = meanFieldBytes(sizes);
  return new CrfMemoryError(needed, {
    place: `dense CRF of ${unary.width}x${unary.height} pixels and ${unary.classes} classes`,
    problem,
    expected: `at most ${mebibytes(memoryLimit)}`,
    found: mebibytes(needed),
    fix: 'scale the picture and its energies down, or raise memoryLimit',
    ...(cause === undefined ? {} : { cause }),
  });
}

function leastTerm({ features }: CrfTerm): Pick<GaussianFilter, 'points' | 'chains'> {
  const sides = features.kind === 'bilateral' ? 6 : 3;
  return { points: sides, chains: Array.from({ length: sides }, () => new Int32Array()) };
}

function checkImage(image: RgbImage, unary: ClassPlanes): void {
  const expected = unary.width * unary.height * 3;
  if (
    image.width === unary.width &&
    image.height === unary.height &&
    image.data.length === expected
  ) {
    return;
  }
  throw new OptionError({
    place: 'dense CRF: image',
    problem: 'does not have the size of the unary energies',
    expected: `${unary.width}x${unary.height}, ${expected} bytes`,
    found: `${image.width}x${image.height}, ${image.data.length} bytes`,
    fix: 'scale one to the other',
  });
}

function checkCompatibility(costs: ArrayLike<number>, classes: number): void {
  const place = 'dense CRF: compatibility';
  if (costs.length !== classes * classes) {
    throw new OptionError({
      place,
      problem: 'the matrix does not have the shape [classes, classes]',
      expected: `${classes * classes} costs`,
      found: `${costs.length}`,
    });
  }
  for (let label = 0; label < classes; label++) {
    for (let other = 0; other <= label; other++) {
      const cost = costs[label * classes + other] as number;
      if (Math.abs(cost) <= mostCost && cost === costs[other * classes + label]) continue;
      throw new OptionError({
        place: `${place} of classes ${label} and ${other}`,
        problem: 'costs must be finite and the same both ways',
        expected: `a number from -${mostCost} to ${mostCost}`,
        found: `${cost} and ${costs[other * classes + label]}`,
      });
    }
  }
}

const mostCost = 1e6;

/** Lattice coordinates stay below 2^30 up to this many deviations. */
const mostDeviations = 1e6;

function checkExtent(name: keyof CrfParameters, extent: number, deviation: number): void {
  if (extent / deviation <= mostDeviations) return;
  throw new OptionError({
    place: `dense CRF: ${name}`,
    problem: 'too small for this picture',
    expected: `at least ${extent / mostDeviations}`,
    found: `${deviation}`,
  });
}
