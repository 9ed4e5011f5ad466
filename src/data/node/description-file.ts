import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError, messageOf } from '../../core/errors.js';
import {
  type DescribedClasses,
  descriptionFile,
  parseDescription,
} from '../dataset-description.js';
import { isFile } from './folder-content.js';

/** A description takes some kilobytes; a file beyond this is something else. */
const largestFile = 4 * 2 ** 20;

/**
 * Reads the `dataset.json` of a folder; undefined where it has none.
 *
 * @throws FormatError where it cannot be read or makes no sense.
 */
export async function readDescription(folder: string): Promise<DescribedClasses | undefined> {
  const path = join(folder, descriptionFile);
  if (!(await isFile(path))) return undefined;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new FormatError({ place: path, problem: `cannot be read: ${messageOf(cause)}`, cause });
  }
  if (text.length > largestFile) {
    throw new FormatError({ place: path, problem: 'too large for a dataset description' });
  }
  return parseDescription(text, path);
}
