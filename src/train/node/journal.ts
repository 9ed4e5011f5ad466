import { closeSync, fsyncSync, openSync } from 'node:fs';
import { notWritten, readIfThere, writeDurably, writeWhole } from './durable-file.js';

/** A step as the log has it. */
export interface StepEntry {
  /** From 1. */
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Time of the step, waiting for its batch included. */
  readonly seconds: number;
}

/** An evaluation as the log has it; shares from 0 to 1. */
export interface EvaluationEntry {
  readonly step: number;
  readonly evaluation: {
    /** `null` where no pixel counts. */
    readonly mIoU: number | null;
    readonly pixelAccuracy: number | null;
    readonly classAccuracy: number | null;
    readonly frequencyWeightedIoU: number | null;
    /** IoU by class name. */
    readonly perClass: Readonly<Record<string, number | null>>;
    readonly images: number;
  };
  readonly seconds: number;
}

export type JournalEntry = StepEntry | EvaluationEntry;

/** The log of a run: a JSON object a line, in the order of the steps, no step twice. */
export class Journal {
  readonly #path: string;
  readonly #file: number;
  #evaluated: number | undefined;

  /**
   * Opens the log after a step: what was logged beyond it, which will happen again, is cut off.
   *
   * @throws OutputError where it cannot be written.
   */
  constructor(path: string, step: number) {
    this.#path = path;
    try {
      const kept = keptLines(readIfThere(path), step);
      this.#evaluated = kept.findLast(({ entry }) => 'evaluation' in entry)?.entry.step;
      writeDurably(path, [kept.map(({ line }) => `${line}\n`).join('')]);
      this.#file = openSync(path, 'a');
    } catch (cause) {
      throw notWritten(path, cause);
    }
  }

  /** Step of the last evaluation. */
  get evaluatedStep(): number | undefined {
    return this.#evaluated;
  }

  /** @throws OutputError */
  add(entry: JournalEntry): void {
    this.#attempt(() => writeWhole(this.#file, `${JSON.stringify(entry)}\n`));
    if ('evaluation' in entry) this.#evaluated = entry.step;
  }

  /** Forces what was logged to the disk. */
  sync(): void {
    this.#attempt(() => fsyncSync(this.#file));
  }

  close(): void {
    closeSync(this.#file);
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (cause) {
      throw notWritten(this.#path, cause);
    }
  }
}

/** The sound lines up to a step; a run that was killed may have left half a line. */
function keptLines(
  bytes: Uint8Array | undefined,
  step: number,
): readonly { readonly line: string; readonly entry: { readonly step: number } }[] {
  return new TextDecoder()
    .decode(bytes)
    .split('\n')
    .flatMap((line) => {
      const entry = parsed(line);
      return entry !== undefined && entry.step <= step ? [{ line, entry }] : [];
    });
}

function parsed(line: string): { readonly step: number } | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    const isEntry = typeof entry === 'object' && entry !== null && 'step' in entry;
    return isEntry && typeof entry.step === 'number' ? { ...entry, step: entry.step } : undefined;
  } catch {
    return undefined;
  }
}
