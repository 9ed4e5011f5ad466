import type { DatasetListing } from '../../../../data/node/dataset-listing.js';
import type { LoadOptions } from '../../../../segment/node/segmenter.js';
import type { ViewOptions } from '../../../../segment/views.js';
import type { ScoringOptions } from '../../../evaluation.js';

/** How a lane gets the scores of pictures; plain data. */
export interface ScoringSettings {
  readonly model: string;
  readonly load: LoadOptions;
  readonly views: ViewOptions;
  readonly dataset: DatasetListing;
  readonly scoring: ScoringOptions;
  /** Where the scores go. */
  readonly folder: string;
}
