import { Worker } from 'node:worker_threads';
import { DeviceError, messageOf } from '../../core/errors.js';
import type { Task, TaskKind, TaskReply, Tasks } from './tasks.js';

const script = new URL('./crf-worker.js', import.meta.url);

interface Member {
  readonly worker: Worker;
  settle: ((reply: TaskReply) => void) | undefined;
}

/**
 * Worker threads that do tasks, one at a time each.
 *
 * They keep the process alive while they work, and only then.
 */
export class Crew {
  readonly #members: readonly Member[];
  #failure: string | undefined;
  readonly #ended: Promise<unknown>;

  constructor(threads: number) {
    this.#members = Array.from({ length: threads }, (): Member => {
      // The process's own flags, such as --input-type, are not meant for this script.
      const worker = new Worker(script, { name: 'atrous dense CRF', execArgv: [] });
      const member: Member = { worker, settle: undefined };
      worker.unref();
      worker.on('message', (reply: TaskReply) => {
        worker.unref();
        if ('problem' in reply) this.#fail(reply.problem);
        else member.settle?.(reply);
      });
      worker.on('error', (error) => this.#fail(messageOf(error)));
      worker.on('messageerror', (error) => this.#fail(messageOf(error)));
      worker.on('exit', () => this.#fail('it was ended'));
      return member;
    });
    this.#ended = Promise.all(
      this.#members.map(({ worker }) => new Promise((resolve) => worker.once('exit', resolve))),
    );
  }

  get threads(): number {
    return this.#members.length;
  }

  /** False once a thread has ended; then none of them works any more. */
  get alive(): boolean {
    return this.#failure === undefined;
  }

  /** The answers to tasks of one kind, which go to the threads as they are free. */
  async all<K extends TaskKind>(
    kind: K,
    asks: readonly Tasks[K]['ask'][],
  ): Promise<readonly Tasks[K]['answer'][]> {
    const answers: Tasks[K]['answer'][] = [];
    const queue = asks.entries();
    await Promise.all(
      this.#members.map(async (member) => {
        for (const [index, ask] of queue) answers[index] = await this.#ask(member, kind, ask);
      }),
    );
    return answers;
  }

  /** One task for each thread, all at the same time. */
  async each<K extends TaskKind>(kind: K, ask: (thread: number) => Tasks[K]['ask']): Promise<void> {
    await Promise.all(this.#members.map((member, thread) => this.#ask(member, kind, ask(thread))));
  }

  async close(): Promise<void> {
    this.#failure ??= 'it was closed';
    for (const { worker } of this.#members) void worker.terminate();
    await this.#ended;
  }

  #ask<K extends TaskKind>(
    member: Member,
    kind: K,
    ask: Tasks[K]['ask'],
  ): Promise<Tasks[K]['answer']> {
    if (this.#failure !== undefined) return Promise.reject(ended(this.#failure));
    return new Promise((resolve, reject) => {
      member.settle = (reply) => {
        member.settle = undefined;
        if ('answer' in reply) resolve(reply.answer as Tasks[K]['answer']);
        else reject(ended(reply.problem));
      };
      member.worker.ref();
      const task = { kind, ask } as Task;
      member.worker.postMessage(task);
    });
  }

  /** The others may wait for the thread that has ended: they all go. */
  #fail(reason: string): void {
    this.#failure ??= reason;
    for (const member of this.#members) {
      void member.worker.terminate();
      member.settle?.({ problem: this.#failure });
    }
  }
}

function ended(reason: string): DeviceError {
  return new DeviceError({
    place: 'dense CRF',
    problem: `a worker thread has failed: ${reason}`,
  });
}
