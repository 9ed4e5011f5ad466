import { Batch } from './batch.js';
import type { Lanes, Outcome } from './contract.js';
import { LaneProcess } from './lane-process.js';

/** Lanes each in a process of its own; one whose process ends is opened anew. */
export class LaneProcesses<Settings, Model, Job, Answer> implements Lanes<Model, Job, Answer> {
  readonly model: Model;
  readonly count: number;
  readonly #lanes: Set<LaneProcess<Settings, Model, Job, Answer>>;
  readonly #start: () => LaneProcess<Settings, Model, Job, Answer>;
  #batch: Batch<Settings, Model, Job, Answer> | undefined;
  #ended = false;

  private constructor(
    model: Model,
    lanes: readonly LaneProcess<Settings, Model, Job, Answer>[],
    start: () => LaneProcess<Settings, Model, Job, Answer>,
  ) {
    this.model = model;
    this.count = lanes.length;
    this.#lanes = new Set(lanes);
    this.#start = start;
  }

  /** @throws what the first lane to fail says. */
  static async open<Settings, Model, Job, Answer>(
    script: URL,
    settings: Settings,
    count: number,
  ): Promise<LaneProcesses<Settings, Model, Job, Answer>> {
    const start = () => new LaneProcess<Settings, Model, Job, Answer>(script, settings);
    const first = start();
    const lanes = [first];
    try {
      while (lanes.length < count) lanes.push(start());
      await Promise.all(lanes.map(({ opened }) => opened));
      return new LaneProcesses(await first.opened, lanes, start);
    } catch (error) {
      await Promise.all(lanes.map((lane) => lane.kill()));
      throw error;
    }
  }

  async run(
    jobs: readonly Job[],
    done: (index: number, outcome: Outcome<Answer>) => void,
  ): Promise<void> {
    if (this.#ended) return;
    this.#batch = new Batch(this.#lanes, this.#start, jobs, done);
    await this.#batch.ended;
  }

  async close(): Promise<void> {
    this.#stop();
    await Promise.all([...this.#lanes].map((lane) => lane.close()));
  }

  async kill(): Promise<readonly Job[]> {
    this.#stop();
    const cutShort = await Promise.all([...this.#lanes].map((lane) => lane.kill()));
    return cutShort.filter((job) => job !== undefined);
  }

  #stop(): void {
    this.#ended = true;
    this.#batch?.stop();
  }
}
