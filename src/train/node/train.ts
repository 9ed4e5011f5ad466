import { setImmediate } from 'node:timers/promises';
import type { TrainConfig } from '../config/config.js';
import { firstNotFinite, lossDiverged, stateDiverged } from '../divergence.js';
import { learningRate } from '../schedules.js';
import { EventLog } from './event-log.js';
import { type EvaluationEntry, Journal, type StepEntry } from './journal.js';
import { type OpenRun, openRun } from './open-run.js';
import { evaluateRun } from './run-evaluation.js';
import { nextBatch, type RunSources } from './run-sources.js';

/** How a run is started. */
export interface TrainOptions {
  /** Goes on from the folder's last checkpoint; from the start where there is none. */
  readonly resume?: boolean;
  /** The splits, where they are not to be opened from the configuration. */
  readonly sources?: RunSources;
  /** Stops the run after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** Who follows a run. */
export interface TrainObserver {
  /** All is open; the first step comes next. */
  readonly opened?: (run: OpenRun) => void;
  readonly stepped?: (entry: StepEntry) => void;
  /** An evaluation has done so many of its pictures. */
  readonly evaluating?: (done: number, images: number) => void;
  readonly evaluated?: (entry: EvaluationEntry, isBest: boolean) => void;
}

/** How a run ended. */
export interface TrainResult {
  /** Steps done, those before a resumption included. */
  readonly steps: number;
  /** Whether all steps of the configuration are done. */
  readonly complete: boolean;
  /** The last evaluation since the run was opened. */
  readonly evaluation?: EvaluationEntry;
  /** Highest mIoU of the run; -1 where there was no evaluation. */
  readonly bestScore: number;
}

/**
 * Trains a network as configured, to the end or until it is stopped.
 *
 * Interrupted and resumed, a run takes the very steps of an uninterrupted one, bit for bit, on the
 * same machine with the same number of threads.
 *
 * @throws DivergenceError where the loss or the weights are no longer finite; OutputError where a
 *   file cannot be written; FormatError, OptionError for what is wrong with configuration or data.
 *   Checkpoints are sound whatever is thrown.
 */
export async function train(
  config: TrainConfig,
  options: TrainOptions = {},
  observer: TrainObserver = {},
): Promise<TrainResult> {
  const run = await openRun(config, options.resume === true, options.sources);
  let log: RunLog | undefined;
  try {
    log = new RunLog(run);
    observer.opened?.(run);
    return await new Loop(run, log, observer, options.signal).go();
  } finally {
    log?.close();
    await run.batches.dispose();
    await run.trainer.dispose();
  }
}

/** Log and event file of a run. */
class RunLog {
  readonly journal: Journal;
  readonly events: EventLog | undefined;

  constructor({ folder, trainer, config }: OpenRun) {
    this.journal = new Journal(folder.log, trainer.steps);
    this.events = config.summaryEvery > 0 ? new EventLog(folder.path) : undefined;
  }

  close(): void {
    this.journal.close();
    this.events?.close();
  }
}

class Loop {
  readonly #run: OpenRun;
  readonly #log: RunLog;
  readonly #observer: TrainObserver;
  readonly #signal: AbortSignal | undefined;
  /** Step of the last checkpoint. */
  #saved: number;
  #bestScore: number;
  #evaluation: EvaluationEntry | undefined;
  /** The step that was done last, for messages. */
  #last = { learningRate: 0, ids: [] as readonly string[] };

  constructor(run: OpenRun, log: RunLog, observer: TrainObserver, signal: AbortSignal | undefined) {
    this.#run = run;
    this.#log = log;
    this.#observer = observer;
    this.#signal = signal;
    this.#saved = run.trainer.steps;
    this.#bestScore = run.resumed ? run.folder.bestScore() : -1;
  }

  async go(): Promise<TrainResult> {
    const { trainer, config } = this.#run;
    // What the end of the last session left out.
    await this.#evaluateIfDue();
    while (trainer.steps < config.steps && !this.#stopped) {
      await this.#step();
      const isDue = trainer.steps % config.checkpointEvery === 0 || trainer.steps === config.steps;
      // Lets signals in, whatever else kept the thread.
      await setImmediate();
      if (isDue || this.#stopped) this.#save();
      await this.#evaluateIfDue();
    }
    if (this.#saved !== trainer.steps) this.#save();
    return {
      steps: trainer.steps,
      complete: trainer.steps >= config.steps,
      ...(this.#evaluation === undefined ? {} : { evaluation: this.#evaluation }),
      bestScore: this.#bestScore,
    };
  }

  get #stopped(): boolean {
    return this.#signal?.aborted === true;
  }

  async #step(): Promise<void> {
    const { trainer, batches, config } = this.#run;
    const start = performance.now();
    const batch = await nextBatch(batches);
    const rate = learningRate(config.learningRate, trainer.steps, config.steps);
    this.#last = { learningRate: rate, ids: batch.ids };
    const loss = await trainer.step(batch, rate);
    const seconds = (performance.now() - start) / 1000;
    if (!Number.isFinite(loss)) throw lossDiverged(loss, this.#diverged(trainer.steps + 1));
    const entry: StepEntry = {
      step: trainer.steps,
      loss,
      learningRate: rate,
      imagesPerSecond: rounded(config.batchSize / seconds),
      seconds: rounded(seconds),
    };
    this.#log.journal.add(entry);
    if (trainer.steps % config.summaryEvery === 0) {
      this.#log.events?.scalars(trainer.steps, {
        loss,
        learning_rate: rate,
        images_per_second: entry.imagesPerSecond,
      });
    }
    this.#observer.stepped?.(entry);
  }

  #save(): void {
    const { folder, trainer } = this.#run;
    this.#checkState();
    this.#log.journal.sync();
    folder.save(this.#run, trainer.state, trainer.steps);
    this.#saved = trainer.steps;
  }

  /** A finite loss is of the weights before its step; those after it may be none. */
  #checkState(): void {
    const { trainer } = this.#run;
    const broken = firstNotFinite(trainer.state);
    if (broken !== undefined) throw stateDiverged(broken, this.#diverged(trainer.steps));
  }

  #diverged(step: number) {
    return { step, savedStep: this.#saved, ...this.#last };
  }

  async #evaluateIfDue(): Promise<void> {
    const { trainer, config, folder } = this.#run;
    const { steps } = trainer;
    const { every } = config.evaluation;
    const due = every > 0 && steps > 0 && (steps % every === 0 || steps === config.steps);
    if (!due || this.#stopped || this.#log.journal.evaluatedStep === steps) return;
    this.#checkState();
    const done = await evaluateRun(this.#run, this.#signal, this.#observer.evaluating);
    if (done === undefined) return;
    const { entry, pictures } = done;
    const { mIoU, pixelAccuracy, perClass } = entry.evaluation;
    const isBest = mIoU !== null && mIoU > this.#bestScore;
    if (isBest) {
      folder.saveBest(this.#run, trainer.state, steps, mIoU);
      this.#bestScore = mIoU;
    }
    this.#log.journal.add(entry);
    this.#log.events?.scalars(steps, {
      'evaluation/mIoU': mIoU,
      'evaluation/pixel_accuracy': pixelAccuracy,
      ...Object.fromEntries(
        Object.entries(perClass).map(([label, iou]) => [`evaluation/IoU/${label}`, iou]),
      ),
    });
    await this.#log.events?.images(
      steps,
      new Map([...pictures].map(([id, picture]) => [`prediction/${id}`, picture])),
    );
    this.#evaluation = entry;
    this.#observer.evaluated?.(entry, isBest);
  }
}

/** Times and rates with as many digits as they are worth. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
