import type {
  Lanes as AnyLanes,
  Outcome as AnyOutcome,
} from '../../../../src/runtime/node/lanes/contract.js';
import { openLanes } from '../../../../src/runtime/node/lanes/lanes.js';
import { removePartials } from '../atomic-files.js';
import type { PictureReport } from '../report.js';
import { pictureWork } from './lane.js';
import type { LaneSettings, OpenModel, PictureJob } from './protocol.js';

/** What became of a picture. */
export type Outcome =
  | { readonly kind: 'done'; readonly report: PictureReport }
  | { readonly kind: 'failed'; readonly message: string };

/** Each lane holds the model in the device's memory, so that there they must be few. */
const mostLanesOnDevice = 4;

/** A lane for every core: more of them take each other's caches away. */
function usefulLanes({ threads, device }: LaneSettings): number {
  return device === 'cpu' ? threads : Math.min(threads, mostLanesOnDevice);
}

/**
 * Lanes side by side, each with the model of its own and one picture at a time.
 *
 * A picture's steps keep one core busy. With fewer pictures than cores, each lane gets several
 * threads. A single lane works in this process.
 */
export class Lanes {
  readonly model: OpenModel;
  readonly count: number;
  readonly #run: number;
  readonly #lanes: AnyLanes<OpenModel, PictureJob, PictureReport>;

  private constructor(run: number, lanes: AnyLanes<OpenModel, PictureJob, PictureReport>) {
    this.#run = run;
    this.#lanes = lanes;
    this.model = lanes.model;
    this.count = lanes.count;
  }

  /**
   * Opens as many lanes as a number of pictures needs.
   *
   * @param settings Its threads are those of all lanes together.
   * @throws Error whose message is one line, where the model cannot be opened.
   */
  static async open(settings: LaneSettings, pictures: number): Promise<Lanes> {
    const count = Math.max(1, Math.min(usefulLanes(settings), pictures));
    const own = { ...settings, threads: Math.max(1, Math.floor(settings.threads / count)) };
    return new Lanes(settings.run, await openLanes(pictureWork, own, count));
  }

  /**
   * Segments pictures, the next one wherever a lane is free.
   *
   * @param done Called for each picture as it ends, in no order.
   * @param stop Ends all work at once and the run with it; what was half written is removed.
   */
  async run(
    jobs: readonly PictureJob[],
    done: (index: number, outcome: Outcome) => void,
    stop?: AbortSignal,
  ): Promise<void> {
    let stopping: Promise<void> | undefined;
    const kill = (): void => {
      stopping = this.#kill();
    };
    stop?.addEventListener('abort', kill);
    try {
      await this.#lanes.run(jobs, (index, outcome) => {
        const job = jobs[index];
        if (job !== undefined) done(index, this.#told(job, outcome));
      });
    } finally {
      stop?.removeEventListener('abort', kill);
      await stopping;
    }
  }

  async close(): Promise<void> {
    await this.#lanes.close();
  }

  #told(job: PictureJob, outcome: AnyOutcome<PictureReport>): Outcome {
    if (outcome.kind === 'done') return { kind: 'done', report: outcome.answer };
    if (outcome.kind === 'failed') return outcome;
    if (outcome.kind === 'lost') this.#clean(job);
    return { kind: 'failed', message: `${job.image}: ${outcome.message}` };
  }

  async #kill(): Promise<void> {
    for (const job of await this.#lanes.kill()) this.#clean(job);
  }

  #clean(job: PictureJob): void {
    removePartials(Object.values(job.files), this.#run);
  }
}
