import { OptionError } from '../../../core/errors.js';
import {
  type AugmentOptions,
  type CompleteAugmentOptions,
  completeAugmentOptions,
} from '../../augment/augment-options.js';
import { type DatasetSource, labelDType } from '../../dataset-source.js';

/** How a source is cut into training batches. */
export interface BatchOptions {
  readonly batchSize: number;
  readonly augment: AugmentOptions;
  /** Everything random comes from it: a whole number. */
  readonly seed: number;
  /** A new order each epoch. Defaults to true. */
  readonly shuffle?: boolean;
  /** Number of the first batch, to go on where a run stopped. Defaults to 0. */
  readonly firstStep?: number;
  /**
   * Element type of the images. `float32`, the default, holds the interpolated values and the
   * padding's 127.5 exactly; `uint8` takes a quarter of the memory and rounds both.
   */
  readonly imageType?: 'float32' | 'uint8';
  /**
   * Threads that decode and augment. Defaults to 1; 0 works in the caller's thread, as sources that
   * are no listing on disk always do.
   */
  readonly workers?: number;
  /** Batches prepared ahead of the one that is asked for. Defaults to 2, at least one per worker. */
  readonly lookAhead?: number;
  /**
   * Bytes of decoded samples kept in memory; 0, the default, for none. What fits is kept for good:
   * in random order that serves more often than dropping the oldest.
   */
  readonly cacheBytes?: number;
}

/** Options with all defaults filled in; plain data, for worker threads. */
export interface BatchPlan {
  readonly batchSize: number;
  readonly augment: CompleteAugmentOptions;
  readonly seed: number;
  readonly imageType: 'float32' | 'uint8';
  readonly labelType: 'uint8' | 'int32';
  /** The classes by name and the ignore value, to check and pad labels. */
  readonly labels: readonly string[];
  readonly ignoreValue: number;
}

/** @throws OptionError naming the first option that is impossible. */
export function planBatches(source: DatasetSource, options: BatchOptions): BatchPlan {
  if (!source.labelled) {
    throw new OptionError({
      place: `${source.name} ${source.split}`,
      problem: 'a split without labels cannot train',
    });
  }
  checkWhole('batchSize', options.batchSize, 1, 65_536);
  checkWhole('seed', options.seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  checkWhole('firstStep', options.firstStep ?? 0, 0, Number.MAX_SAFE_INTEGER);
  checkWhole('workers', options.workers ?? 1, 0, 256);
  checkWhole('lookAhead', options.lookAhead ?? 2, 0, 1024);
  checkWhole('cacheBytes', options.cacheBytes ?? 0, 0, Number.MAX_SAFE_INTEGER);
  return {
    batchSize: options.batchSize,
    augment: completeAugmentOptions(options.augment),
    seed: options.seed,
    imageType: options.imageType ?? 'float32',
    labelType: labelDType(source),
    labels: source.labels,
    ignoreValue: source.ignoreValue,
  };
}

function checkWhole(place: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new OptionError({
    place,
    problem: 'not a possible value',
    expected: `a whole number from ${least} to ${most}`,
    found: `${value}`,
  });
}
