import { DeviceError, InternalError } from '../../../core/errors.js';
import { type Tensor, type TensorOf, tensor } from '../../../core/tensor.js';
import type { DatasetSource } from '../../dataset-source.js';
import { type OrderedSample, sampleOrder } from '../../sample-order.js';
import { ListedSource } from '../listed-source.js';
import { type BatchOptions, type BatchPlan, planBatches } from './batch-plan.js';
import { BatchPool, type PoolResult } from './batch-pool.js';
import { type BatchArrays, createBatchMaker } from './make-batch.js';
import { SampleCache } from './sample-cache.js';
import type { BatchRequest, WorkerEntry } from './worker-protocol.js';

/** Samples that one training step sees. */
export interface Batch {
  /** Number of the batch, from 0. */
  readonly step: number;
  /** Epoch of its first sample, from 0. */
  readonly epoch: number;
  readonly ids: readonly string[];
  /** [N, H, W, 3], red, green, blue, 0 to 255; not normalised. */
  readonly images: Tensor & (TensorOf<'float32'> | TensorOf<'uint8'>);
  /** [N, H, W]: class indices and the ignore value. */
  readonly labels: Tensor & (TensorOf<'uint8'> | TensorOf<'int32'>);
}

/** Batches in their order, without end. */
export interface BatchStream {
  /** Steps until every sample was seen once: size / batch size, not rounded. */
  readonly stepsPerEpoch: number;
  /** Number of the batch that `next` gives. */
  readonly step: number;
  /**
   * The next batch; its arrays are the caller's.
   *
   * @throws FormatError naming the sample that cannot be read or has unknown labels. The batch is
   *   then passed over.
   */
  next(): Promise<Batch>;
  /**
   * Gives the arrays of a batch back to be filled anew; they are not to be used any more. Saves the
   * cost of new memory, a few milliseconds a batch; arrays that were moved elsewhere are no loss.
   */
  recycle(batch: Batch): void;
  /** Ends the threads; batches that are waited for fail. */
  dispose(): Promise<void>;
}

/**
 * Batches of a split for training, decoded and augmented ahead of time on worker threads.
 *
 * Batch k holds the samples k * N to k * N + N - 1 of the endless sequence of shuffled epochs, so
 * that batches may span two epochs and no sample is left out. Everything depends on the seed and
 * the position alone: not on the number of threads, the cache or `firstStep`.
 *
 * @throws OptionError where the split has no labels or an option is impossible.
 */
export function openBatches(source: DatasetSource, options: BatchOptions): BatchStream {
  const plan = planBatches(source, options);
  const workers = options.workers ?? 1;
  const inThreads = workers > 0 && source instanceof ListedSource;
  return new AheadStream(source, plan, options, inThreads ? workers : 0);
}

class AheadStream implements BatchStream {
  readonly stepsPerEpoch: number;
  private readonly source: DatasetSource;
  private readonly plan: BatchPlan;
  private readonly order: (position: number) => OrderedSample;
  private readonly lookAhead: number;
  private readonly cache: SampleCache;
  private readonly pool: BatchPool | undefined;
  private readonly makeBatch: ReturnType<typeof createBatchMaker>;
  /** Batches under way, the next one first. */
  private readonly ahead: Promise<Batch>[] = [];
  private readonly recycled: BatchArrays[] = [];
  private nextStep: number;
  private disposed = false;

  constructor(source: DatasetSource, plan: BatchPlan, options: BatchOptions, workers: number) {
    this.source = source;
    this.plan = plan;
    this.stepsPerEpoch = source.size / plan.batchSize;
    this.order = sampleOrder(source.size, plan.seed, options.shuffle);
    this.lookAhead = Math.max(options.lookAhead ?? 2, workers);
    this.cache = new SampleCache(options.cacheBytes ?? 0);
    this.nextStep = options.firstStep ?? 0;
    this.makeBatch = createBatchMaker(plan);
    if (source instanceof ListedSource && workers > 0) {
      this.pool = new BatchPool({ plan, coding: source.listing.coding }, workers);
      this.fill();
    }
  }

  get step(): number {
    return this.nextStep;
  }

  async next(): Promise<Batch> {
    if (this.disposed) throw disposedError();
    this.fill();
    const batch = this.ahead.shift();
    if (batch === undefined) throw new InternalError('batches', 'none is under way');
    this.nextStep++;
    if (this.pool === undefined) return batch;
    this.fill();
    return this.pool.hold(batch);
  }

  recycle({ images, labels }: Batch): void {
    // Arrays that were moved to another thread are empty.
    if (images.data.length === 0 || labels.data.length === 0) return;
    if (this.recycled.length > this.lookAhead) return;
    this.recycled.push({ images: images.data, labels: labels.data } as BatchArrays);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.pool?.dispose();
  }

  /** Starts batches until enough are under way; without threads, only the one that is wanted. */
  private fill(): void {
    const wanted = this.pool === undefined ? 1 : this.lookAhead + 1;
    while (this.ahead.length < wanted) {
      const batch = this.start(this.nextStep + this.ahead.length);
      // Its failure is reported when it is asked for.
      batch.catch(() => undefined);
      this.ahead.push(batch);
    }
  }

  private async start(step: number): Promise<Batch> {
    const { batchSize } = this.plan;
    const chosen = Array.from({ length: batchSize }, (_, i) => this.order(step * batchSize + i));
    const { arrays, kept } = await this.make(step, chosen);
    for (const { index, sample } of kept) this.cache.add(index, sample);
    const { crop } = this.plan.augment;
    const shape = [batchSize, crop.height, crop.width];
    const { images, labels } = arrays;
    return {
      step,
      epoch: chosen[0]?.epoch ?? 0,
      ids: chosen.map(({ index }) => this.idOf(index)),
      images:
        images instanceof Float32Array
          ? tensor('float32', [...shape, 3], images)
          : tensor('uint8', [...shape, 3], images),
      labels:
        labels instanceof Int32Array
          ? tensor('int32', shape, labels)
          : tensor('uint8', shape, labels),
    };
  }

  private make(step: number, chosen: readonly OrderedSample[]): Promise<PoolResult> {
    if (this.pool !== undefined) return this.pool.make(this.request(step, chosen));
    return this.makeHere(chosen);
  }

  private request(step: number, chosen: readonly OrderedSample[]): BatchRequest {
    if (!(this.source instanceof ListedSource)) {
      throw new InternalError('batches', 'threads can only read what is listed');
    }
    const { samples } = this.source.listing;
    const entries = chosen.map(({ epoch, index }): WorkerEntry => {
      const entry = { id: this.idOf(index), epoch, index };
      const cached = this.cache.get(index);
      if (cached !== undefined) return { ...entry, cached };
      const location = samples[index];
      if (location === undefined) throw new InternalError('batches', `no sample ${index}`);
      return { ...entry, location, keep: this.cache.open };
    });
    return { step, entries, into: this.recycled.pop() };
  }

  private async makeHere(chosen: readonly OrderedSample[]): Promise<PoolResult> {
    const entries = chosen.map(({ epoch, index }) => ({ id: this.idOf(index), epoch, index }));
    const arrays = await this.makeBatch(
      entries,
      async ({ index }) => {
        const cached = this.cache.get(index);
        if (cached !== undefined) return cached;
        const { image, label } = await this.source.read(index);
        if (label === undefined) throw new InternalError('batches', `sample ${index} has no label`);
        const sample = { image, label };
        this.cache.add(index, sample);
        return sample;
      },
      this.recycled.pop(),
    );
    return { arrays, kept: [] };
  }

  private idOf(index: number): string {
    return this.source.ids[index] ?? '';
  }
}

function disposedError(): DeviceError {
  return new DeviceError({
    place: 'batches',
    problem: 'they were disposed',
    fix: 'open them again',
  });
}
