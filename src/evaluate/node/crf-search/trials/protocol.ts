import type { CrfParameters } from '../../../../crf/index.js';
import type { DatasetListing } from '../../../../data/node/dataset-listing.js';
import type { ScoringOptions } from '../../../evaluation.js';

/** How a lane tries parameters on pictures; plain data. */
export interface TrialSettings {
  readonly dataset: DatasetListing;
  readonly scoring: ScoringOptions;
  /** Where the pictures' scores are. */
  readonly folder: string;
}

/** A picture, and parameters of equal deviations to try on it. */
export interface TrialJob {
  readonly index: number;
  readonly group: readonly CrfParameters[];
}
