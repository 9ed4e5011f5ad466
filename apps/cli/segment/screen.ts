import { MultiBar } from 'cli-progress';

/**
 * What the user sees: lines on stdout and stderr and, where stderr is a terminal and there is more
 * than one picture, a bar with rate and time left.
 */
export class Screen {
  readonly #bars: MultiBar | undefined;
  readonly #start = performance.now();
  readonly #step: (count: number) => void = () => {};

  constructor(total: number) {
    if (!process.stderr.isTTY || total < 2) return;
    this.#bars = new MultiBar({
      format: (_, { value, progress }) => this.#format(value, progress, total),
      clearOnComplete: true,
      // Signals are the command's own business.
      gracefulExit: false,
      linewrap: null,
    });
    const bar = this.#bars.create(total, 0);
    this.#step = (count) => bar.increment(count);
  }

  /** A picture is done, or as many parts of the work as are told. */
  step(count = 1): void {
    this.#step(count);
  }

  /** A line of results. */
  print(line: string): void {
    if (this.#bars !== undefined && process.stdout.isTTY) this.#bars.log(`${line}\n`);
    else process.stdout.write(`${line}\n`);
  }

  /** A line about something that went wrong. */
  complain(line: string): void {
    if (this.#bars !== undefined) this.#bars.log(`${line}\n`);
    else process.stderr.write(`${line}\n`);
  }

  /** Takes the bar away. */
  close(): void {
    // Lines that wait for the next drawing would be lost.
    this.#bars?.update();
    this.#bars?.stop();
  }

  #format(value: number, progress: number, total: number): string {
    const filled = Math.round(progress * barWidth);
    const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
    const seconds = (performance.now() - this.#start) / 1000;
    if (value === 0) return `${bar} 0/${total}`;
    const rate = value / seconds;
    return `${bar} ${value}/${total}  ${rate.toFixed(1)}/s  ${formatTime((total - value) / rate)} left`;
  }
}

const barWidth = 30;

/** Seconds as people read them: `8 s`, `3:05 min`, `2:10 h`. */
export function formatTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 100) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 100) return `${minutes}:${`${whole % 60}`.padStart(2, '0')} min`;
  return `${Math.floor(minutes / 60)}:${`${minutes % 60}`.padStart(2, '0')} h`;
}
