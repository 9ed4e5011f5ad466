import { type ChildProcess, fork } from 'node:child_process';
import { DeviceError } from '../../../core/errors.js';
import type { Outcome } from './contract.js';
import { type LaneReply, type LaneRequest, unpackRefusal } from './protocol.js';

/** What a process made of a job; one that it never began comes back. */
export type LaneResult<Answer> = Outcome<Answer> | { readonly kind: 'returned' };

interface Held<Job, Answer> {
  readonly job: Job;
  resolve(result: LaneResult<Answer>): void;
}

/**
 * A lane in a process of its own, as seen by the process that has started it.
 *
 * A process and not a thread, because decoding and compressing run in libuv's thread pool: it has
 * four threads for a whole process, which cannot be made more once Node has started. Besides, a
 * picture that crashes a decoder takes only its lane with it, onnxruntime-node aborts a process
 * whose thread is ended while it runs, and a process can be killed in the middle of a run.
 */
export class LaneProcess<Settings, Model, Job, Answer> {
  /** Rejects with what opening threw there, and where the process ends before. */
  readonly opened: Promise<Model>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  /** Jobs without an answer, oldest first: that one is in work, the others wait behind it. */
  readonly #held: Held<Job, Answer>[] = [];
  #state: 'opening' | 'ready' | 'ended' = 'opening';
  #askedBack = false;
  #cutShort: Job | undefined;

  constructor(script: URL, settings: Settings) {
    const child = fork(script, [], {
      serialization: 'advanced',
      execArgv: [],
      // A lane does one thing at a time. With more, its work wanders between threads of the pool,
      // each with cold caches.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    let end: (how: string) => void = () => {};
    this.#ended = new Promise((resolve) => {
      end = (how) => {
        this.#end(how);
        resolve();
      };
    });
    this.opened = new Promise((resolve, reject) => {
      child.on('message', (reply: LaneReply<Model, Answer>) => {
        if (reply.kind === 'opened') {
          this.#state = 'ready';
          resolve(reply.model);
        } else if (reply.kind === 'refused') {
          this.#state = 'ended';
          reject(unpackRefusal(reply.error));
          child.kill('SIGKILL');
        } else this.#settle(reply);
      });
      // Unlike `exit`, `close` comes after the last message.
      child.once('close', (code, signal) => {
        const how = signal ?? `exit code ${code}`;
        end(how);
        reject(openingEnded(how));
      });
      child.on('error', (cause) => {
        if (child.pid !== undefined) return;
        end(cause.message);
        reject(openingEnded(cause.message, cause));
      });
    });
    // Who wants to know of a failure asks for it; nobody does where the lane is ended before.
    this.opened.catch(() => {});
    this.#send({ kind: 'open', settings });
  }

  get state(): 'opening' | 'ready' | 'ended' {
    return this.#state;
  }

  /** Number of jobs without an answer. */
  get held(): number {
    return this.#held.length;
  }

  /** Hands a job over, which is begun as soon as those before it are done. */
  work(job: Job): Promise<LaneResult<Answer>> {
    this.#send({ kind: 'work', job });
    return new Promise((resolve) => {
      this.#held.push({ job, resolve });
    });
  }

  /** Asks for the youngest job back, which comes where it has not been begun meanwhile. */
  askBack(): void {
    if (this.#askedBack || this.#held.length < 2) return;
    this.#askedBack = true;
    this.#send({ kind: 'return' });
  }

  /** Ends it between two of its events. */
  async close(): Promise<void> {
    this.#send({ kind: 'close' });
    await this.#ended;
  }

  /** Ends it at once. @returns the job that it was at */
  async kill(): Promise<Job | undefined> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    return this.#cutShort;
  }

  #settle(
    reply: Extract<LaneReply<Model, Answer>, { kind: 'done' | 'failed' | 'returned' }>,
  ): void {
    this.#askedBack = false;
    const held = reply.kind === 'returned' ? this.#held.pop() : this.#held.shift();
    held?.resolve(reply);
  }

  #end(how: string): void {
    this.#state = 'ended';
    const [first, ...others] = this.#held.splice(0);
    this.#cutShort = first?.job;
    first?.resolve({ kind: 'lost', message: `the process that worked on it has ended (${how})` });
    for (const { resolve } of others) resolve({ kind: 'returned' });
  }

  #send(request: LaneRequest<Settings, Job>): void {
    // What cannot be sent has no reader any more: the end of the process comes as an event too.
    if (this.#child.connected) this.#child.send(request, () => {});
  }
}

function openingEnded(how: string, cause?: Error): DeviceError {
  return new DeviceError({
    place: 'lane',
    problem: `its process has ended before the model was open (${how})`,
    cause,
  });
}
