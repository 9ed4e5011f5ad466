import type { RefusedInput } from './inputs.js';
import type { Outcome } from './lanes/lanes.js';
import { summaryLine } from './report.js';
import { Screen } from './screen.js';

/**
 * Prints what becomes of the pictures: results on stdout in the order of the pictures, whatever
 * order they end in, and failures on stderr at once.
 */
export class ResultPrinter {
  readonly #screen: Screen;
  readonly #json: boolean;
  /** Lines whose turn has not come; `undefined` for pictures without one. */
  readonly #waiting = new Map<number, string | undefined>();
  #next = 0;

  constructor(total: number, json: boolean) {
    this.#screen = new Screen(total);
    this.#json = json;
  }

  /** A line of text among the results. */
  say(line: string): void {
    this.#screen.print(line);
  }

  /** A failure of what never became a picture's job. */
  refuse({ image, message }: RefusedInput): void {
    this.#screen.complain(message);
    if (this.#json) this.#screen.print(failureLine(image, message));
  }

  /** The outcome of the picture at an index. */
  take(index: number, image: string, outcome: Outcome): void {
    if (outcome.kind === 'failed') this.#screen.complain(outcome.message);
    this.#waiting.set(index, this.#line(image, outcome));
    while (this.#waiting.has(this.#next)) {
      const line = this.#waiting.get(this.#next);
      this.#waiting.delete(this.#next++);
      if (line !== undefined) this.#screen.print(line);
    }
    this.#screen.step();
  }

  close(): void {
    this.#screen.close();
  }

  #line(image: string, outcome: Outcome): string | undefined {
    if (outcome.kind === 'done') {
      return this.#json ? JSON.stringify(outcome.report) : summaryLine(outcome.report);
    }
    return this.#json ? failureLine(image, outcome.message) : undefined;
  }
}

function failureLine(image: string, error: string): string {
  return JSON.stringify({ image, error });
}
