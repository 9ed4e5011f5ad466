import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError, OptionError } from '../../core/errors.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../weights/checkpoint.js';
import { checkResumable } from '../config/resumable.js';
import { type RunDescription, runCheckpoint, scoreOf } from '../run-checkpoint.js';
import type { TrainingState } from '../training-state.js';
import { notWritten, readIfThere, writeDurably } from './durable-file.js';

/** A run's folder: last and best checkpoint, configuration, log. */
export class RunFolder {
  readonly path: string;
  /** The checkpoint that a run goes on from. */
  readonly last: string;
  /** The checkpoint with the highest mIoU. */
  readonly best: string;
  readonly log: string;
  readonly #config: string;

  /** @throws OutputError where the folder cannot be made. */
  constructor(path: string) {
    this.path = path;
    this.last = join(path, 'last.safetensors');
    this.best = join(path, 'best.safetensors');
    this.log = join(path, 'log.jsonl');
    this.#config = join(path, 'config.json');
    try {
      mkdirSync(path, { recursive: true });
    } catch (cause) {
      throw notWritten(path, cause);
    }
  }

  /**
   * The checkpoint to go on from, or undefined at the start of a run.
   *
   * @param resume whether the folder may hold one.
   * @throws OptionError where it holds one and may not, or where the run was another; FormatError
   *   where the checkpoint is damaged.
   */
  open({ config, classes }: RunDescription, resume: boolean): Checkpoint | undefined {
    const bytes = readIfThere(this.last);
    if (bytes === undefined) return undefined;
    if (!resume) {
      throw new OptionError({
        place: this.path,
        problem: 'the folder holds a run already',
        fix: 'go on with it by --resume, or choose another output',
      });
    }
    const checkpoint = decodeCheckpoint(bytes, this.last);
    checkResumable(config, checkpoint.metadata.config, this.last);
    const { labels } = checkpoint.metadata;
    if (labels.join('\n') !== classes.labels.join('\n')) {
      throw new FormatError({
        place: this.last,
        problem: 'it was trained for other classes',
        expected: classes.labels.join(', '),
        found: labels.join(', '),
      });
    }
    return checkpoint;
  }

  /** mIoU of the best checkpoint so far, -1 where there is none. */
  bestScore(): number {
    const bytes = readIfThere(this.best);
    return (bytes && scoreOf(decodeCheckpoint(bytes, this.best))) ?? -1;
  }

  /** Writes `last.safetensors`, and the configuration for people to read. @throws OutputError */
  save(run: RunDescription, state: TrainingState, step: number): void {
    writeDurably(this.last, encodeCheckpoint(runCheckpoint(run, state, step)));
    writeDurably(this.#config, [`${JSON.stringify(run.config, undefined, 2)}\n`]);
  }

  /** Writes `best.safetensors`. @throws OutputError */
  saveBest(run: RunDescription, state: TrainingState, step: number, score: number): void {
    writeDurably(this.best, encodeCheckpoint(runCheckpoint(run, state, step, score)));
  }
}
