import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../../../core/errors.js';
import type { Outcome } from './contract.js';
import type { LaneProcess } from './lane-process.js';

/** Jobs that a lane holds at most: the one in work, and the next. */
const mostHeld = 2;

/**
 * Jobs on their way through the processes of lanes.
 *
 * Each lane has its next job before it is done with the present one, so that it never waits for
 * this process, which gets its share of the processor late where the lanes keep all cores busy. No
 * lane gets a second job while another has none, and one that has run out takes over what waits
 * behind a long job elsewhere: neither the end of a batch nor a short one is the slower for it.
 */
export class Batch<Settings, Model, Job, Answer> {
  /** Resolves once all jobs have an outcome or, after a stop, those handed out are settled. */
  readonly ended: Promise<void>;
  readonly #lanes: Set<LaneProcess<Settings, Model, Job, Answer>>;
  readonly #start: () => LaneProcess<Settings, Model, Job, Answer>;
  readonly #done: (index: number, outcome: Outcome<Answer>) => void;
  readonly #waiting: (readonly [index: number, job: Job])[];
  #handedOut = 0;
  #stopped = false;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /**
   * @param lanes Those that end are replaced in this very set.
   * @param start Starts a lane.
   */
  constructor(
    lanes: Set<LaneProcess<Settings, Model, Job, Answer>>,
    start: () => LaneProcess<Settings, Model, Job, Answer>,
    jobs: readonly Job[],
    done: (index: number, outcome: Outcome<Answer>) => void,
  ) {
    this.#lanes = lanes;
    this.#start = start;
    this.#done = done;
    this.#waiting = [...jobs.entries()];
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#feed();
    this.#settle();
  }

  /** Hands out no more jobs and tells of no more outcomes. */
  stop(): void {
    this.#stopped = true;
    this.#settle();
  }

  #feed(): void {
    if (this.#stopped) return;
    for (let held = 0; held < mostHeld; held++) {
      for (const lane of this.#at('ready')) if (lane.held === held) this.#watch(this.#give(lane));
    }
    const missing = this.#waiting.length - this.#at('opening').length;
    for (const lane of this.#at('ended').slice(0, Math.max(0, missing))) {
      this.#watch(this.#renew(lane));
    }
    const ready = this.#at('ready');
    const idle = ready.filter(({ held }) => held === 0).length;
    for (const lane of ready.filter(({ held }) => held > 1).slice(0, idle)) lane.askBack();
  }

  async #give(lane: LaneProcess<Settings, Model, Job, Answer>): Promise<void> {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    const [index, job] = next;
    this.#handedOut++;
    const result = await lane.work(job);
    this.#handedOut--;
    if (result.kind === 'returned') this.#waiting.unshift(next);
    // First the lane's next job, then whatever its owner does with the outcome.
    this.#feed();
    if (result.kind !== 'returned') this.#tell(index, result);
    this.#settle();
  }

  /** Opens a lane in the place of one that has ended. */
  async #renew(ended: LaneProcess<Settings, Model, Job, Answer>): Promise<void> {
    try {
      const renewed = this.#start();
      this.#lanes.delete(ended);
      this.#lanes.add(renewed);
      await renewed.opened;
    } catch (error) {
      // Not at once: a system that starts no process at all says so before anything is awaited.
      await setImmediate();
      this.#doWithout(error);
    }
    this.#feed();
    this.#settle();
  }

  /** One lane less; where none is left, each try to open one costs a job. */
  #doWithout(error: unknown): void {
    const [ended] = this.#at('ended');
    if (this.#at('ready').length + this.#at('opening').length > 0) {
      if (ended !== undefined) this.#lanes.delete(ended);
      return;
    }
    const [index] = this.#waiting.shift() ?? [];
    if (index === undefined) return;
    this.#tell(index, { kind: 'untried', message: `not tried: ${messageOf(error)}` });
  }

  #at(state: 'opening' | 'ready' | 'ended'): LaneProcess<Settings, Model, Job, Answer>[] {
    return [...this.#lanes].filter((lane) => lane.state === state);
  }

  #tell(index: number, outcome: Outcome<Answer>): void {
    if (!this.#stopped) this.#done(index, outcome);
  }

  #settle(): void {
    if (this.#handedOut === 0 && (this.#stopped || this.#waiting.length === 0)) this.#resolve();
  }

  /** What `done` throws ends the batch. */
  #watch(step: Promise<void>): void {
    step.catch((error: unknown) => {
      this.#stopped = true;
      this.#reject(error);
    });
  }
}
