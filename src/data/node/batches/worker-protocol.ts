import type { PackedError } from '../../../runtime/node/worker-protocol.js';
import type { LabelCoding } from '../../label-coding.js';
import type { SampleLocation } from '../dataset-listing.js';
import type { BatchPlan } from './batch-plan.js';
import type { BatchArrays, BatchEntry, DecodedSample } from './make-batch.js';

/** What a batch worker is started with. */
export interface WorkerSetup {
  readonly plan: BatchPlan;
  readonly coding: LabelCoding;
}

/** A sample that a worker reads, or that comes decoded from the cache. */
export type WorkerEntry = BatchEntry &
  (
    | { readonly location: SampleLocation; readonly keep: boolean }
    | { readonly cached: DecodedSample }
  );

/** A batch to make. */
export interface BatchRequest {
  readonly step: number;
  readonly entries: readonly WorkerEntry[];
  /** Arrays of an earlier batch, to be filled anew. */
  readonly into: BatchArrays | undefined;
}

/** A decoded sample for the cache, in shared memory. */
export interface KeptSample {
  readonly index: number;
  readonly sample: DecodedSample;
}

export type BatchReply =
  | { readonly step: number; readonly arrays: BatchArrays; readonly kept: readonly KeptSample[] }
  | { readonly step: number; readonly error: PackedError };
