import type { Value } from '../../graph/graph.js';

/** What a backbone hands to the head. */
export interface Features {
  readonly features: Value;
  /**
   * Output of the stage before the last, whose nominal stride is 16 (`conv4` of a ResNet), for an
   * auxiliary loss.
   */
  readonly penultimate: Value;
  /**
   * Features of earlier stages, by the stage's nominal stride; they stand at that stride or, where
   * the network's output stride is smaller, at that.
   */
  readonly lowLevel: ReadonlyMap<number, Value>;
  /**
   * Adds copies of the last stage behind it, each at twice the rate of the one before, and gives the
   * last one's output; for backbones that have it.
   */
  readonly deepen?: (stages: number) => Value;
}
