import { OptionError } from '../core/errors.js';

/**
 * The energy of the fully connected CRF, in the DeepLab papers' parameters.
 *
 *     E(x) = Σ_i U_i(x_i) + Σ_{i<j} μ(x_i, x_j) ·
 *            ( bi_w  · exp(-|p_i - p_j|² / 2 bi_xy_std² - |I_i - I_j|² / 2 bi_rgb_std²)
 *            + pos_w · exp(-|p_i - p_j|² / 2 pos_xy_std²) )
 *
 * with positions p in pixels and colours I in levels of 0 to 255. Krähenbühl and Koltun: Efficient
 * Inference in Fully Connected CRFs with Gaussian Edge Potentials, NIPS 2011, equation 3; DeepLab
 * v1 (ICLR 2015), equation 3.
 */
export interface CrfParameters {
  /** `bi_w`, w1: weight of the bilateral term; 0 leaves the term out. */
  readonly bilateralWeight: number;
  /** `bi_xy_std`, σα: standard deviation of the bilateral term's positions, in pixels. */
  readonly bilateralPositionDeviation: number;
  /** `bi_rgb_std`, σβ: standard deviation of the bilateral term's colours, in levels. */
  readonly bilateralColourDeviation: number;
  /** `pos_w`, w2: weight of the spatial term; 0 leaves the term out. */
  readonly spatialWeight: number;
  /** `pos_xy_std`, σγ: standard deviation of the spatial term's positions, in pixels. */
  readonly spatialPositionDeviation: number;
  /** Mean-field iterations; 0 gives softmax(-U). */
  readonly iterations: number;
}

/**
 * Values tuned on the validation images of PASCAL VOC 2012 for two DeepLab v2 models, as their
 * ports to other frameworks use them.
 */
export const publishedCrfParameters = {
  'deeplabv2-resnet101': {
    bilateralWeight: 4,
    bilateralPositionDeviation: 67,
    bilateralColourDeviation: 3,
    spatialWeight: 3,
    spatialPositionDeviation: 1,
    iterations: 10,
  },
  'deeplabv2-vgg16': {
    bilateralWeight: 4,
    bilateralPositionDeviation: 65,
    bilateralColourDeviation: 3,
    spatialWeight: 2,
    spatialPositionDeviation: 2,
    iterations: 10,
  },
} as const satisfies Readonly<Record<string, CrfParameters>>;

/** What is used where nothing is said: those of the ResNet-101 of DeepLab v2. */
export const defaultCrfParameters: CrfParameters = publishedCrfParameters['deeplabv2-resnet101'];

/** Above it, float32 energies no longer tell probabilities apart. */
const greatestWeight = 1e6;
const mostIterations = 10_000;

type Rule = { readonly holds: (value: number) => boolean; readonly expected: string };

const weight: Rule = {
  holds: (value) => value >= 0 && value <= greatestWeight,
  expected: `0 to ${greatestWeight}`,
};
const deviation: Rule = {
  holds: (value) => value > 0 && value < Number.POSITIVE_INFINITY,
  expected: 'a positive number',
};

const rules: Readonly<Record<keyof CrfParameters, Rule>> = {
  bilateralWeight: weight,
  bilateralPositionDeviation: deviation,
  bilateralColourDeviation: deviation,
  spatialWeight: weight,
  spatialPositionDeviation: deviation,
  iterations: {
    holds: (value) => Number.isInteger(value) && value >= 0 && value <= mostIterations,
    expected: `a whole number from 0 to ${mostIterations}`,
  },
};

/**
 * The parameters with defaults for those that are not given.
 *
 * @throws OptionError naming the first that cannot be used.
 */
export function completeCrfParameters(given: Partial<CrfParameters> = {}): CrfParameters {
  const complete = { ...defaultCrfParameters, ...given };
  for (const name of Object.keys(rules) as (keyof CrfParameters)[]) {
    const value = complete[name];
    if (typeof value === 'number' && rules[name].holds(value)) continue;
    throw new OptionError({
      place: `dense CRF: ${name}`,
      problem: 'not a value that it can have',
      expected: rules[name].expected,
      found: String(value),
    });
  }
  return complete;
}
