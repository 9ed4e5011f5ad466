import { MultiBar } from 'cli-progress';
import type { StepEntry } from '../../../src/train/node/index.js';
import { formatTime } from '../segment/screen.js';

/** Weight of the newest step in the means that are shown. */
const freshness = 0.05;
const barWidth = 30;

/** What a user at a terminal sees of a run: lines, and below them a bar with loss and time left. */
export class TrainProgress {
  readonly #bars: MultiBar | undefined;
  readonly #update: (step: number) => void = () => {};
  readonly #steps: number;
  #loss: number | undefined;
  #rate: number | undefined;
  #secondsPerStep: number | undefined;
  #evaluating = '';

  /** @param steps of the whole run. */
  constructor(steps: number, first: number) {
    this.#steps = steps;
    if (!process.stderr.isTTY) return;
    this.#bars = new MultiBar({
      format: (_, { value, progress }) => this.#format(value, progress),
      clearOnComplete: true,
      // Signals are the command's own business.
      gracefulExit: false,
      linewrap: null,
    });
    const bar = this.#bars.create(steps, first);
    this.#update = (step) => bar.update(step);
  }

  /** A step is done. */
  step({ step, loss, imagesPerSecond, seconds }: StepEntry): void {
    this.#loss = mixed(this.#loss, loss);
    this.#rate = mixed(this.#rate, imagesPerSecond);
    this.#secondsPerStep = mixed(this.#secondsPerStep, seconds);
    this.#evaluating = '';
    this.#update(step);
  }

  /** An evaluation has done some of its pictures. */
  evaluating(step: number, done: number, images: number): void {
    this.#evaluating = done < images ? `  evaluating ${done}/${images}` : '';
    this.#update(step);
  }

  /** A line that stays. */
  print(line: string): void {
    if (this.#bars !== undefined && process.stdout.isTTY) this.#bars.log(`${line}\n`);
    else process.stdout.write(`${line}\n`);
  }

  /** Takes the bar away. */
  close(): void {
    // Lines that wait for the next drawing would be lost.
    this.#bars?.update();
    this.#bars?.stop();
  }

  #format(step: number, progress: number): string {
    const filled = Math.round(progress * barWidth);
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
    const start = `${bar} ${step}/${this.#steps}`;
    if (this.#loss === undefined) return `${start}${this.#evaluating}`;
    const left = formatTime((this.#steps - step) * (this.#secondsPerStep ?? 0));
    const rate = (this.#rate ?? 0).toFixed(1);
    const loss = this.#loss.toFixed(3);
    return `${start}  loss ${loss}  ${rate} images/s  ${left} left${this.#evaluating}`;
  }
}

/** A mean that forgets slowly. */
function mixed(mean: number | undefined, value: number): number {
  return mean === undefined ? value : mean + freshness * (value - mean);
}
