import type { Lanes, Outcome, Workbench } from './contract.js';
import { outcomeOf } from './outcome.js';

/** A single lane, in the calling process. */
export class LaneHere<Bench extends Workbench, Job, Answer>
  implements Lanes<Bench['model'], Job, Answer>
{
  readonly model: Bench['model'];
  readonly count = 1;
  readonly #bench: Bench;
  readonly #work: (job: Job) => Promise<Answer>;
  #inWork: Job | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #closing: Promise<void> | undefined;
  #leave: () => void = () => {};
  readonly #left = new Promise<void>((resolve) => {
    this.#leave = resolve;
  });

  constructor(bench: Bench, work: (job: Job) => Promise<Answer>) {
    this.model = bench.model;
    this.#bench = bench;
    this.#work = work;
  }

  async run(
    jobs: readonly Job[],
    done: (index: number, outcome: Outcome<Answer>) => void,
  ): Promise<void> {
    const running = this.#workOff(jobs, done);
    this.#running = running.catch(() => {});
    await Promise.race([running, this.#left]);
  }

  /** Frees the model once the job in work is done. */
  close(): Promise<void> {
    this.#stopped = true;
    this.#closing ??= this.#running.then(() => this.#bench.close());
    return this.#closing;
  }

  /** Ends the run without waiting for the job in work, which cannot be ended. */
  async kill(): Promise<readonly Job[]> {
    this.#stopped = true;
    this.#leave();
    return this.#inWork === undefined ? [] : [this.#inWork];
  }

  async #workOff(
    jobs: readonly Job[],
    done: (index: number, outcome: Outcome<Answer>) => void,
  ): Promise<void> {
    for (const [index, job] of jobs.entries()) {
      if (this.#stopped) return;
      this.#inWork = job;
      const outcome = await outcomeOf(() => this.#work(job));
      this.#inWork = undefined;
      if (!this.#stopped) done(index, outcome);
    }
  }
}
