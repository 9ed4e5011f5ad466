import type { SegmentationOutput } from '../convert/segmentation/segmentation-graph.js';
import { OptionError } from '../core/errors.js';
import { nearest } from '../core/spelling.js';
import {
  type ClassPlanes,
  type CrfOptions,
  type CrfParameters,
  type CrfResult,
  completeCrfParameters,
  unaryFromProbabilities,
} from '../crf/index.js';
import type { LabelMap, RgbImage } from '../image/index.js';
import { requireScores } from './picture-scores.js';

/** A dense CRF over a segmentation; the parameters not given are those of `defaultCrfParameters`. */
export interface CrfSettings extends Partial<CrfParameters>, CrfOptions {}

/** What computes dense CRFs: the calling thread, or threads where the platform has them. */
export interface CrfComputer {
  /** As `denseCrf`. */
  run(
    image: RgbImage,
    unary: ClassPlanes,
    parameters?: Partial<CrfParameters>,
    options?: CrfOptions,
  ): CrfResult | Promise<CrfResult>;
  /** Frees threads and memory. */
  close(): void | Promise<void>;
}

const kinds: Readonly<Record<keyof CrfSettings, 'parameter' | 'option'>> = {
  bilateralWeight: 'parameter',
  bilateralPositionDeviation: 'parameter',
  bilateralColourDeviation: 'parameter',
  spatialWeight: 'parameter',
  spatialPositionDeviation: 'parameter',
  iterations: 'parameter',
  normalisation: 'option',
  compatibility: 'option',
  blurOrder: 'option',
  ignoreBelow: 'option',
  memoryLimit: 'option',
  engine: 'option',
};

/** The settings that an option stands for: `true` for the defaults, `undefined` for no CRF. */
export function crfSettingsOf(option: CrfSettings | boolean | undefined): CrfSettings | undefined {
  return option === true ? {} : option === false ? undefined : option;
}

/**
 * Makes sure that what a network gives can be refined.
 *
 * @param model What errors call the model.
 * @throws OptionError for a model that gives class indices alone, and for a parameter that is none
 *   or has a value that it cannot have.
 */
export function checkRefinement(
  settings: CrfSettings,
  output: SegmentationOutput,
  model: string,
): void {
  requireScores(model, output, 'a dense CRF');
  for (const key of Object.keys(settings)) {
    if (Object.hasOwn(kinds, key)) continue;
    throw new OptionError({
      place: 'dense CRF',
      problem: `no parameter "${key}"`,
      fix: `did you mean "${nearest(key, Object.keys(kinds))}"?`,
    });
  }
  completeCrfParameters(entriesOf(settings, 'parameter'));
}

/**
 * The labels that a dense CRF finds from the probabilities of a picture's pixels, and its own
 * probabilities.
 *
 * @throws OptionError as `denseCrf` does.
 */
export async function refine(
  computer: CrfComputer,
  image: RgbImage,
  probabilities: Float32Array,
  settings: CrfSettings,
): Promise<{ readonly map: LabelMap; readonly probabilities: Float32Array }> {
  const { width, height } = image;
  const classes = probabilities.length / (width * height);
  const refined = await computer.run(
    image,
    unaryFromProbabilities({ data: probabilities, classes, height, width }),
    entriesOf(settings, 'parameter'),
    entriesOf(settings, 'option'),
  );
  return { map: refined.labels, probabilities: refined.probabilities.data };
}

function entriesOf(settings: CrfSettings, kind: 'parameter'): Partial<CrfParameters>;
function entriesOf(settings: CrfSettings, kind: 'option'): CrfOptions;
function entriesOf(settings: CrfSettings, kind: 'parameter' | 'option'): CrfSettings {
  const own = Object.entries(settings).filter(([key]) => kinds[key as keyof CrfSettings] === kind);
  return Object.fromEntries(own);
}
