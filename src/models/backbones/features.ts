import type { Value } from '../../graph/graph.js';

/** What a backbone hands to the head. */
export interface Features {
  readonly features: Value;
  /** Features for the decoder, by the output stride at which they stand. */
  readonly lowLevel: ReadonlyMap<number, Value>;
}
