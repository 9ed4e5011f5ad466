import type { Value } from '../../graph/graph.js';

/** What a backbone hands to the head. */
export interface Features {
  readonly features: Value;
  /**
   * Output of the stage before the last, whose nominal stride is 16 (`conv4` of a ResNet), for an
   * auxiliary loss.
   */
  readonly penultimate: Value;
  /** Features for the decoder, by the output stride at which they stand. */
  readonly lowLevel: ReadonlyMap<number, Value>;
}
