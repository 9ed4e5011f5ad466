import type { DatasetListing } from '../../../data/node/dataset-listing.js';
import type { Size } from '../../../image/index.js';
import type { LoadOptions } from '../../../segment/node/segmenter.js';
import type { SegmentOptions } from '../../../segment/segmenter.js';
import type { EvaluationCounts, ScoringOptions } from '../../evaluation.js';
import type { SubmissionFormat } from '../../submission-formats.js';

/** Where predictions are written, and how. */
export interface PredictionFiles {
  readonly folder: string;
  readonly format: SubmissionFormat;
}

/** How a lane works, the same for all of its pictures; plain data. */
export interface LaneSettings {
  readonly model: string;
  readonly load: LoadOptions;
  readonly segment: SegmentOptions;
  readonly dataset: DatasetListing;
  readonly scoring: ScoringOptions;
  readonly predictions: PredictionFiles | undefined;
}

/** What is known of a model once it is open. */
export interface OpenModel {
  readonly labels: readonly string[];
  /** Undefined for models that give class indices and do not say how many there are. */
  readonly classes: number | undefined;
  readonly inputSize: Size;
}

/** What was counted on a picture. */
export interface PictureCounts {
  readonly counts: EvaluationCounts;
  /** With a dense CRF: of the network's own prediction. */
  readonly beforeCrf: EvaluationCounts | undefined;
}
