import { Worker } from 'node:worker_threads';
import { type AtrousError, DeviceError, messageOf } from '../../../core/errors.js';
import { unpackError } from '../../../runtime/node/worker-protocol.js';
import type { BatchArrays } from './make-batch.js';
import type { BatchReply, BatchRequest, KeptSample, WorkerSetup } from './worker-protocol.js';

/** A batch and the samples in it that may be cached. */
export interface PoolResult {
  readonly arrays: BatchArrays;
  readonly kept: readonly KeptSample[];
}

interface Waiting {
  readonly resolve: (result: PoolResult) => void;
  readonly reject: (error: AtrousError) => void;
}

interface Member {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

const script = new URL('./batch-worker.js', import.meta.url);

/**
 * Worker threads that make batches.
 *
 * They keep the process alive while somebody waits for a batch (`hold`), not for their own sake.
 */
export class BatchPool {
  private readonly members: readonly Member[];
  private failure: AtrousError | undefined;
  /** How many wait for work of the threads. */
  private holders = 0;

  constructor(setup: WorkerSetup, count: number) {
    this.members = Array.from({ length: count }, () => {
      // The process's own flags, such as --input-type, are not meant for this script.
      const worker = new Worker(script, {
        name: 'atrous batches',
        execArgv: [],
        workerData: setup,
      });
      const member: Member = { worker, waiting: new Map() };
      worker.unref();
      worker.on('message', (reply: BatchReply) => settle(member, reply));
      worker.on('error', (error) => this.fail(error));
      worker.on('exit', () => this.fail(undefined));
      return member;
    });
  }

  /** Has a batch made by the worker with the least to do. */
  make(request: BatchRequest): Promise<PoolResult> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const member = this.members.reduce((best, each) =>
      each.waiting.size < best.waiting.size ? each : best,
    );
    const { into } = request;
    const moved = into === undefined ? [] : [into.images.buffer, into.labels.buffer];
    member.worker.postMessage(request, moved);
    return new Promise((resolve, reject) => {
      member.waiting.set(request.step, { resolve, reject });
    });
  }

  /** Keeps the process alive until the work is done. */
  async hold<T>(work: Promise<T>): Promise<T> {
    if (this.holders++ === 0) for (const { worker } of this.members) worker.ref();
    try {
      return await work;
    } finally {
      if (--this.holders === 0) for (const { worker } of this.members) worker.unref();
    }
  }

  async dispose(): Promise<void> {
    await this.hold(Promise.all(this.members.map(({ worker }) => worker.terminate())));
  }

  /** A worker has ended: the batches it owed will not come, and there will be no others. */
  private fail(cause: unknown): void {
    this.failure ??= new DeviceError({
      place: 'batch worker',
      problem: `the worker thread has ended${cause === undefined ? '' : `: ${messageOf(cause)}`}`,
      fix: 'open the batches again',
      ...(cause === undefined ? {} : { cause }),
    });
    for (const { waiting } of this.members) {
      for (const { reject } of waiting.values()) reject(this.failure);
      waiting.clear();
    }
  }
}

function settle({ waiting }: Member, reply: BatchReply): void {
  const entry = waiting.get(reply.step);
  waiting.delete(reply.step);
  if ('error' in reply) entry?.reject(unpackError(reply.error));
  else entry?.resolve({ arrays: reply.arrays, kept: reply.kept });
}
