import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ShapesSource } from '../../../examples/shapes/shapes-source.js';
import { type Checkpoint, decodeCheckpoint } from '../../weights/checkpoint.js';
import type { TrainConfig, TrainConfigInput } from '../config/config.js';
import { smallConfig, smallSide } from '../small-run.fixture.js';
import type { JournalEntry } from './journal.js';
import { type TrainObserver, type TrainOptions, type TrainResult, train } from './train.js';

type Changes = Partial<TrainConfigInput>;

export interface SmallRunOptions extends TrainOptions {
  /** Tells the run to stop once it has done so many steps. */
  readonly stopAfter?: number;
}

/** Runs of a few steps on small pictures of shapes, each in a folder of its own below one. */
export class SmallRuns {
  readonly folder = mkdtempSync(join(tmpdir(), 'atrous-runs-'));
  readonly sources = {
    training: new ShapesSource('train', 10, smallSide),
    validation: new ShapesSource('val', 3, smallSide),
  };
  readonly #usual: Changes;

  /** @param usual What all runs are configured as, unless told otherwise. */
  constructor(usual: Changes) {
    this.#usual = usual;
  }

  /** The path of a run, or of something in its folder. */
  path(run: string, ...parts: readonly string[]): string {
    return join(this.folder, run, ...parts);
  }

  config(run: string, changes: Changes = {}): TrainConfig {
    const learningRate = { base: 0.05 };
    return smallConfig({ output: this.path(run), learningRate, ...this.#usual, ...changes });
  }

  /** Starts a run, or goes on with it, and waits for its end. */
  train(
    run: string,
    changes: Changes = {},
    { stopAfter, ...options }: SmallRunOptions = {},
    observer: TrainObserver = {},
  ): Promise<TrainResult> {
    const stop = new AbortController();
    const watched: TrainObserver = {
      ...observer,
      stepped: (entry) => {
        observer.stepped?.(entry);
        if (entry.step === stopAfter) stop.abort();
      },
    };
    const { sources } = this;
    const all: TrainOptions = { sources, signal: stop.signal, ...options };
    return train(this.config(run, changes), all, watched);
  }

  checkpoint(run: string, name = 'last'): Checkpoint {
    const path = this.path(run, `${name}.safetensors`);
    return decodeCheckpoint(readFileSync(path), path);
  }

  log(run: string): readonly JournalEntry[] {
    const lines = readFileSync(this.path(run, 'log.jsonl'), 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as JournalEntry);
  }

  /** What the log says, but for the times. */
  course(run: string): readonly unknown[] {
    return this.log(run).map((entry) =>
      'loss' in entry
        ? [entry.step, entry.loss, entry.learningRate]
        : [entry.step, entry.evaluation],
    );
  }

  /** A digest of every tensor of a run's last checkpoint, by name. */
  state(run: string): ReadonlyMap<string, string> {
    return new Map(
      [...this.checkpoint(run).tensors].map(([name, { data }]) => [
        name,
        createHash('sha1').update(data).digest('hex'),
      ]),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
