import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { messageOf, OutputError } from '../../../core/errors.js';
import type { PictureScores } from '../../../segment/picture-scores.js';

/**
 * Keeps a picture's scores in a folder, at the network's own resolution: the memory that a search
 * takes does not grow with the pictures, nor does the disk hold probabilities of their size.
 *
 * @throws OutputError where that fails.
 */
export async function writeScores(
  folder: string,
  index: number,
  scores: PictureScores,
): Promise<void> {
  const path = pathOf(folder, index);
  try {
    await writeFile(path, serialize(scores));
  } catch (cause) {
    throw new OutputError({ place: path, problem: `not written: ${messageOf(cause)}`, cause });
  }
}

/** The scores that were kept of a picture. */
export async function readScores(folder: string, index: number): Promise<PictureScores> {
  return deserialize(await readFile(pathOf(folder, index)));
}

function pathOf(folder: string, index: number): string {
  return join(folder, `${index}.scores`);
}
