import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DeviceError, InternalError } from '../../../core/errors.js';
import { unpackError } from '../../../runtime/node/worker-protocol.js';
import type { EvaluationCounts } from '../../evaluation.js';
import type { LaneReply, LaneRequest, LaneSettings, OpenModel } from './protocol.js';

/** A place where pictures are evaluated, one at a time. */
export interface Lane {
  readonly model: OpenModel;
  /** False once its process has ended. */
  readonly alive: boolean;
  /** Evaluates a picture of the data set. @throws AtrousError that names it */
  evaluate(index: number): Promise<EvaluationCounts>;
  /** Ends it once the network's run under way is done; calls without an answer fail. */
  close(): Promise<void>;
}

/** A lane in the calling process, which blocks it while the network runs. */
export async function openLaneHere(settings: LaneSettings): Promise<Lane> {
  // Loaded here alone: with lanes in processes, this one needs neither sharp nor ONNX Runtime.
  const { Workbench } = await import('./workbench.js');
  const workbench = await Workbench.open(settings);
  return {
    model: workbench.model,
    alive: true,
    evaluate: (index) => workbench.evaluate(index),
    close: () => workbench.close(),
  };
}

const script = fileURLToPath(new URL('./lane-process.js', import.meta.url));

/**
 * A lane in a process of its own.
 *
 * A process and not a thread, because decoding runs in libuv's thread pool of four for a whole
 * process, because a picture that crashes a decoder takes only its lane with it, and because
 * onnxruntime-node aborts a process whose thread is ended while it runs.
 */
export async function openLaneProcess(settings: LaneSettings): Promise<Lane> {
  const lane = new LaneProcess();
  try {
    const reply = await lane.ask({ kind: 'open', settings });
    if (reply.kind === 'opened') return lane.asLane(reply.model);
    throw reply.kind === 'failed' ? unpackError(reply.error) : oddReply();
  } catch (error) {
    await lane.close();
    throw error;
  }
}

class LaneProcess {
  readonly #child = fork(script, [], {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  readonly #ended: Promise<void>;
  #end: DeviceError | undefined;
  #answer: { resolve(reply: LaneReply): void; reject(error: unknown): void } | undefined;

  constructor() {
    this.#child.on('message', (reply: LaneReply) => {
      this.#answer?.resolve(reply);
      this.#answer = undefined;
    });
    this.#ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#end ??= new DeviceError({
          place: 'evaluation',
          problem: `the process that worked on it has ended (${how})`,
        });
        this.#answer?.reject(this.#end);
        this.#answer = undefined;
        resolve();
      };
      this.#child.once('error', ({ message }) => end(message));
      this.#child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    });
  }

  ask(request: LaneRequest): Promise<LaneReply> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      this.#answer = { resolve, reject };
      this.#child.send(request, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  asLane(model: OpenModel): Lane {
    const isAlive = () => this.#end === undefined;
    return {
      model,
      get alive() {
        return isAlive();
      },
      evaluate: async (index) => {
        const reply = await this.ask({ kind: 'evaluate', index });
        if (reply.kind === 'evaluated') return reply.counts;
        throw reply.kind === 'failed' ? unpackError(reply.error) : oddReply();
      },
      close: () => this.close(),
    };
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}

function oddReply(): InternalError {
  return new InternalError('evaluation', 'an odd reply of a lane');
}
