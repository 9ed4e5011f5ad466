import { removePartials } from '../atomic-files.js';
import type { PictureReport } from '../report.js';
import { type Lane, openLaneHere, openLaneProcess } from './lane.js';
import type { LaneSettings, OpenModel, PictureJob } from './protocol.js';

/** What became of a picture. */
export type Outcome =
  | { readonly kind: 'done'; readonly report: PictureReport }
  | { readonly kind: 'failed'; readonly message: string };

/** Each lane holds the model in the device's memory, so that there they must be few. */
const mostLanesOnDevice = 4;

/** Lanes that keep a number of cores busy: for every four of them, at least once, one more. */
function usefulLanes({ threads, device }: LaneSettings): number {
  const lanes = threads === 1 ? 1 : threads + Math.max(1, Math.round(threads / 4));
  return device === 'cpu' ? lanes : Math.min(lanes, mostLanesOnDevice);
}

/**
 * Lanes side by side, each with the model of its own and one picture at a time.
 *
 * A picture's steps keep one core busy but for hand-overs between threads and for files: with two
 * lanes on two cores, a sixth of the time was left; a lane more fills it. With fewer pictures than
 * cores, each lane gets several threads. A single lane works in this process.
 */
export class Lanes {
  readonly model: OpenModel;
  readonly count: number;
  readonly #settings: LaneSettings;
  readonly #lanes: Lane[];
  readonly #underWay = new Set<PictureJob>();
  #killed = false;

  private constructor(settings: LaneSettings, lanes: readonly [Lane, ...Lane[]]) {
    this.#settings = settings;
    this.#lanes = [...lanes];
    this.model = lanes[0].model;
    this.count = lanes.length;
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
    if (count === 1) return new Lanes(own, [await openLaneHere(own)]);
    const opening = Array.from({ length: count }, () => openLaneProcess(own));
    const [first, ...others] = await Promise.allSettled(opening);
    const lanes = [first, ...others].flatMap((each) =>
      each?.status === 'fulfilled' ? [each.value] : [],
    );
    const [lane, ...rest] = lanes;
    if (lane !== undefined && lanes.length === count) return new Lanes(own, [lane, ...rest]);
    await Promise.all(lanes.map((each) => each.kill()));
    throw [first, ...others].find((each) => each?.status === 'rejected')?.reason;
  }

  /**
   * Segments pictures, the next one wherever a lane is free.
   *
   * @param done Called for each picture as it ends, in no order.
   */
  async run(
    jobs: readonly PictureJob[],
    done: (index: number, outcome: Outcome) => void,
  ): Promise<void> {
    const queue = jobs.entries();
    const work = async (position: number): Promise<void> => {
      for (const [index, job] of queue) {
        const outcome = await this.#segment(position, job);
        if (this.#killed) return;
        done(index, outcome);
      }
    };
    await Promise.all(this.#lanes.map((_, position) => work(position)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  /** Ends all work at once; what was half written is removed. */
  async kill(): Promise<void> {
    this.#killed = true;
    await Promise.all(this.#lanes.map((lane) => lane.kill()));
    for (const job of this.#underWay) this.#clean(job);
  }

  async #segment(position: number, job: PictureJob): Promise<Outcome> {
    this.#underWay.add(job);
    try {
      const lane = await this.#laneAt(position, job);
      return { kind: 'done', report: await lane.segment(job) };
    } catch (error) {
      if (!this.#lanes[position]?.alive) this.#clean(job);
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#underWay.delete(job);
    }
  }

  /** The lane at a position, opened anew where a picture has crashed it. */
  async #laneAt(position: number, { image }: PictureJob): Promise<Lane> {
    const lane = this.#lanes[position];
    if (lane?.alive) return lane;
    const renewed = await openLaneProcess(this.#settings).catch((cause: Error) => {
      throw new Error(`${image}: not tried: ${cause.message}`, { cause });
    });
    this.#lanes[position] = renewed;
    return renewed;
  }

  #clean(job: PictureJob): void {
    removePartials(Object.values(job.files), this.#settings.run);
  }
}
