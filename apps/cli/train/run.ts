import { AtrousError, messageOf } from '../../../src/core/errors.js';
import {
  type EvaluationEntry,
  type JournalEntry,
  type OpenRun,
  readConfig,
  type StepEntry,
  type TrainObserver,
  train,
} from '../../../src/train/node/index.js';
import type { ExitCode } from '../exit-code.js';
import { interruptible } from '../interrupt.js';
import { TrainProgress } from './progress.js';
import { closingLine, evaluationLine, openingLines, stepLine } from './text.js';

/** How a run is started and shown. */
export interface TrainCommand {
  readonly resume: boolean;
  readonly json: boolean;
}

/** Lines about steps on an output that is no terminal. */
const stepLines = 50;

/**
 * Trains as a configuration says and shows how it goes.
 *
 * @throws AtrousError where nothing can start; what happens later is printed.
 */
export async function runTrain(
  path: string,
  assignments: readonly string[],
  { resume, json }: TrainCommand,
): Promise<ExitCode> {
  const config = await readConfig(path, assignments);
  const screen = json ? new JsonScreen() : new TextScreen(resume);
  return interruptible(async (signal) => {
    try {
      const result = await train(config, { resume, signal }, screen.observer);
      screen.end(closingLine(result, config));
      return 0;
    } catch (error) {
      screen.close();
      if (!screen.begun) throw error;
      const place = error instanceof AtrousError ? '' : 'atrous: ';
      process.stderr.write(`${place}${messageOf(error)}\n`);
      return 1;
    }
  });
}

interface Screen {
  /** Whether training began. */
  readonly begun: boolean;
  readonly observer: TrainObserver;
  /** All is done. */
  end(line: string): void;
  close(): void;
}

/** Lines of the log. */
class JsonScreen implements Screen {
  begun = false;
  readonly observer: TrainObserver = {
    opened: () => {
      this.begun = true;
    },
    stepped: print,
    evaluated: print,
  };

  end(): void {}

  close(): void {}
}

function print(entry: JournalEntry): void {
  process.stdout.write(`${JSON.stringify(entry)}\n`);
}

/** Text for people. */
class TextScreen implements Screen {
  readonly observer: TrainObserver;
  #progress: TrainProgress | undefined;
  #every = 1;
  #steps = 0;
  readonly #resume: boolean;

  constructor(resume: boolean) {
    this.#resume = resume;
    this.observer = {
      opened: (run) => this.#open(run),
      stepped: (entry) => this.#step(entry),
      evaluating: (done, images) => this.#progress?.evaluating(this.#steps, done, images),
      evaluated: (entry, isBest) => this.#evaluated(entry, isBest),
    };
  }

  get begun(): boolean {
    return this.#progress !== undefined;
  }

  end(line: string): void {
    this.#progress?.print(line);
    this.close();
  }

  close(): void {
    this.#progress?.close();
  }

  #open(run: OpenRun): void {
    const { steps } = run.config;
    this.#steps = run.trainer.steps;
    this.#progress = new TrainProgress(steps, this.#steps);
    this.#every = Math.max(1, Math.ceil(steps / stepLines));
    for (const line of openingLines(run, this.#resume)) this.#progress.print(line);
  }

  #step(entry: StepEntry): void {
    this.#steps = entry.step;
    this.#progress?.step(entry);
    const isShown = !process.stderr.isTTY && entry.step % this.#every === 0;
    if (isShown) this.#progress?.print(stepLine(entry));
  }

  #evaluated(entry: EvaluationEntry, isBest: boolean): void {
    this.#progress?.print(evaluationLine(entry, isBest));
  }
}
