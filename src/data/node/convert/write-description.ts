import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OutputError } from '../../../core/errors.js';
import { descriptionFile, formatDescription, parseDescription } from '../../dataset-description.js';
import type { DatasetClasses } from '../../dataset-source.js';
import { notWritten } from './output-trouble.js';

/** A `dataset.json` that was written or was there already. */
export interface WrittenDescription {
  readonly path: string;
  /** Removes the file where it is new. */
  discard(): Promise<void>;
}

/**
 * Writes `dataset.json`; one that is there already has to mean the same.
 *
 * @throws OutputError where it means something else or cannot be written.
 */
export async function writeDescription(
  folder: string,
  source: DatasetClasses & { readonly name: string },
): Promise<WrittenDescription> {
  const path = join(folder, descriptionFile);
  const text = formatDescription(source.name, source);
  const present = await readFile(path, 'utf8').catch(() => undefined);
  if (present !== undefined) {
    if (!meansTheSame(present, text, path)) {
      throw new OutputError({
        place: path,
        problem: 'the folder holds a dataset with other classes',
        fix: 'choose another folder',
      });
    }
    return { path, discard: async () => {} };
  }
  const partial = join(folder, `.${descriptionFile}.${process.pid}.partial`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw notWritten(path, cause);
  }
  return { path, discard: () => rm(path, { force: true }) };
}

function meansTheSame(present: string, text: string, path: string): boolean {
  const [a, b] = [parseDescription(present, path), parseDescription(text, path)];
  return a.ignoreValue === b.ignoreValue && JSON.stringify(a.labels) === JSON.stringify(b.labels);
}
