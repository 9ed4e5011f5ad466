import { messageOf } from '../../../core/errors.js';
import type { EvaluationCounts } from '../../evaluation.js';
import { type Lane, openLaneHere, openLaneProcess } from './lane.js';
import type { LaneSettings, OpenModel } from './protocol.js';

/** What became of a picture. */
export type Outcome =
  | { readonly kind: 'done'; readonly counts: EvaluationCounts }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Lanes side by side, each with model and data set of its own and one picture at a time.
 *
 * A picture's steps keep one core busy, so that as many lanes as cores use them all. A single lane
 * works in this process.
 */
export class Lanes {
  readonly model: OpenModel;
  readonly count: number;
  readonly #settings: LaneSettings;
  readonly #lanes: Lane[];

  private constructor(settings: LaneSettings, first: Lane, others: readonly Lane[]) {
    this.#settings = settings;
    this.#lanes = [first, ...others];
    this.model = first.model;
    this.count = this.#lanes.length;
  }

  /** @throws the error of the first lane that cannot be opened. */
  static async open(settings: LaneSettings, count: number): Promise<Lanes> {
    if (count === 1) return new Lanes(settings, await openLaneHere(settings), []);
    const opening = await Promise.allSettled(
      Array.from({ length: count }, () => openLaneProcess(settings)),
    );
    const lanes = opening.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = opening.find((each) => each.status === 'rejected');
    const [first, ...others] = lanes;
    if (failed === undefined && first !== undefined) return new Lanes(settings, first, others);
    await Promise.all(lanes.map((lane) => lane.close()));
    throw failed?.reason;
  }

  /**
   * Evaluates the first pictures of the data set, the next one wherever a lane is free, until all are done
   * or the signal says stop.
   *
   * @param ids what errors call the pictures.
   * @param done called for each picture as it ends, in no order.
   */
  async run(
    ids: readonly string[],
    done: (index: number, outcome: Outcome) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const queue = ids.entries();
    const work = async (position: number): Promise<void> => {
      for (const [index, id] of queue) {
        const outcome = await this.#evaluate(position, index, id);
        if (signal?.aborted) return;
        done(index, outcome);
      }
    };
    await Promise.all(this.#lanes.map((_, position) => work(position)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  async #evaluate(position: number, index: number, id: string): Promise<Outcome> {
    let lane = this.#lanes[position];
    try {
      if (!lane?.alive) {
        lane = await openLaneProcess(this.#settings);
        this.#lanes[position] = lane;
      }
      return { kind: 'done', counts: await lane.evaluate(index) };
    } catch (error) {
      const message = messageOf(error);
      return { kind: 'failed', message: lane?.alive ? message : `${id}: ${message}` };
    }
  }
}
