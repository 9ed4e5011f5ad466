import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { OutputError } from '../../../src/core/errors.js';
import { reason } from './atomic-files.js';
import type { PlannedPicture } from './plan.js';
import type { OutputRecord } from './record.js';

/** An output folder in use. */
export interface OutputFolder {
  /** Brings the record up to date with what exists; a folder that stayed empty goes again. */
  settle(): void;
}

/**
 * Makes the output folder where it is missing and claims the outputs in its record.
 *
 * @throws OutputError where that fails: then no output could be written either.
 */
export function openOutputFolder(
  path: string,
  record: OutputRecord,
  pictures: readonly PlannedPicture[],
  run: number,
): OutputFolder {
  const isNew = !existsSync(path);
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    const problem = `the output folder cannot be made: ${reason(cause)}`;
    throw new OutputError({ place: path, problem, fix: 'choose another one with -o', cause });
  }
  for (const { outputs, source } of pictures) record.claim(Object.values(outputs), source);
  record.store(run);
  return {
    settle: () => {
      try {
        record.settle(run);
        if (isNew) rmdirSync(path);
      } catch {
        // The record of claims stays in force, and a folder in use stays.
      }
    },
  };
}
