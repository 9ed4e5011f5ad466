import { Worker } from 'node:worker_threads';
import { DeviceError, messageOf } from '../../core/errors.js';
import { exitGate, guardExit, unguardExit } from './exit-gate.js';
import { type Exchanges, type Reply, type RequestKind, unpackError } from './worker-protocol.js';

interface Pending {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/**
 * A worker thread that answers requests.
 *
 * It keeps the process alive while requests wait for their answers, and only then.
 */
export class WorkerConnection {
  private readonly worker: Worker;
  private readonly gate = exitGate();
  private readonly pending = new Map<number, Pending>();
  private requests = 0;
  private failure: unknown;
  private dead = false;

  constructor(script: URL) {
    // The process's own flags, such as --input-type, are not meant for this script.
    this.worker = new Worker(script, {
      name: 'atrous session',
      execArgv: [],
      workerData: this.gate,
    });
    guardExit(this.gate);
    this.worker.unref();
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error) => {
      this.failure = error;
    });
    this.worker.on('messageerror', (error) => {
      this.failure = error;
      void this.worker.terminate();
    });
    this.worker.on('exit', () => this.die());
  }

  /** Sends a request; buffers in `transfer` are moved, everything else is copied. */
  request<K extends RequestKind>(
    kind: K,
    ask: Exchanges[K]['ask'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Exchanges[K]['answer']> {
    if (this.dead) return Promise.reject(this.deathError());
    const id = this.requests++;
    this.worker.postMessage({ id, kind, ask }, transfer);
    this.worker.ref();
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as Pending['resolve'], reject });
    });
  }

  /** Ends the worker; requests without an answer fail. */
  async terminate(): Promise<void> {
    this.worker.ref();
    await this.worker.terminate();
  }

  private settle(reply: Reply): void {
    const pending = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (this.pending.size === 0) this.worker.unref();
    if ('error' in reply) pending?.reject(unpackError(reply.error));
    else pending?.resolve(reply.answer);
  }

  private die(): void {
    this.dead = true;
    unguardExit(this.gate);
    for (const { reject } of this.pending.values()) reject(this.deathError());
    this.pending.clear();
  }

  private deathError(): DeviceError {
    const reason = this.failure === undefined ? '' : `: ${messageOf(this.failure)}`;
    return new DeviceError({
      place: 'session worker',
      problem: `the worker thread has ended${reason}`,
      fix: 'open the model again',
      ...(this.failure === undefined ? {} : { cause: this.failure }),
    });
  }
}
