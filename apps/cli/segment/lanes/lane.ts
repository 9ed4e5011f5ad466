import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PictureReport } from '../report.js';
import type { LaneReply, LaneRequest, LaneSettings, OpenModel, PictureJob } from './protocol.js';

/** A workbench somewhere, which takes one picture at a time. */
export interface Lane {
  readonly model: OpenModel;
  /** False once its process has ended. */
  readonly alive: boolean;
  segment(job: PictureJob): Promise<PictureReport>;
  /** Frees the model. */
  close(): Promise<void>;
  /** Ends it at once, whatever it does; calls without an answer never get one. */
  kill(): Promise<void>;
}

/** A lane in the calling process, for runs that need only one. */
export async function openLaneHere(settings: LaneSettings): Promise<Lane> {
  // Loaded here alone: with lanes in processes, this one needs neither sharp nor ONNX Runtime.
  const { Workbench } = await import('./workbench.js');
  const workbench = await Workbench.open(settings);
  return {
    model: workbench.model,
    alive: true,
    segment: (job) => workbench.segment(job),
    close: () => workbench.close(),
    kill: async () => {},
  };
}

const script = fileURLToPath(new URL('./lane-process.js', import.meta.url));

/**
 * A lane in a process of its own.
 *
 * A process and not a thread, because decoding and compressing run in libuv's thread pool: it has
 * four threads for a whole process, which cannot be made more once Node has started. Besides, a
 * picture that crashes a decoder takes only its lane with it, and a process can be killed in the
 * middle of a run.
 */
export async function openLaneProcess(settings: LaneSettings): Promise<Lane> {
  const lane = new LaneProcess();
  const reply = await lane.ask({ kind: 'open', settings });
  if (reply.kind === 'opened') return lane.withModel(reply.model);
  await lane.kill();
  throw new Error(reply.kind === 'failed' ? reply.message : 'internal: an odd reply of a lane');
}

class LaneProcess {
  readonly #child = fork(script, [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  readonly #ended: Promise<void>;
  #alive = true;
  #killed = false;
  #answer: ((reply: LaneReply) => void) | undefined;

  constructor() {
    this.#child.on('message', (reply: LaneReply) => this.#settle(reply));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', ({ message }) => this.#end(message, resolve));
      this.#child.once('exit', (code, signal) => {
        this.#end(signal ?? `exit code ${code}`, resolve);
      });
    });
  }

  ask(request: LaneRequest): Promise<LaneReply> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#child.send(request, (error) => {
        if (error !== null) this.#settle({ kind: 'failed', message: error.message });
      });
    });
  }

  withModel(model: OpenModel): Lane {
    const isAlive = () => this.#alive;
    return {
      model,
      get alive() {
        return isAlive();
      },
      segment: async (job) => {
        const reply = await this.ask({ kind: 'segment', job });
        if (reply.kind === 'segmented') return reply.report;
        const problem = reply.kind === 'failed' ? reply.message : 'internal: an odd reply';
        throw new Error(this.#alive ? problem : `${job.image}: ${problem}`);
      },
      close: async () => {
        if (this.#alive) this.#child.send({ kind: 'close' } satisfies LaneRequest);
        await this.#ended;
      },
      kill: () => this.kill(),
    };
  }

  async kill(): Promise<void> {
    this.#killed = true;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #settle(reply: LaneReply): void {
    this.#answer?.(reply);
    this.#answer = undefined;
  }

  #end(how: string, resolve: () => void): void {
    this.#alive = false;
    const message = `the process that worked on it has ended (${how})`;
    if (!this.#killed) this.#settle({ kind: 'failed', message });
    resolve();
  }
}
