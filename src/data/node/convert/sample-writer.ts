import type { Sample } from '../../dataset-source.js';
import type { SampleLocation } from '../dataset-listing.js';

/** Writes the samples of a split, one after the other. */
export interface SampleWriter {
  write(sample: Sample, location: SampleLocation): Promise<void>;
  /** Gives the split its name; the paths that now exist. */
  finish(): Promise<readonly string[]>;
  /** Removes what was written. */
  discard(): Promise<void>;
}
