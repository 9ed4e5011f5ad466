import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { FormatError, messageOf } from '../../../src/core/errors.js';

const jsonLabels = z.array(z.string()).min(1);

/** Names take a few kilobytes; a file beyond this is something else. */
const largestFile = 4 * 2 ** 20;

/**
 * Reads class names: one a line in the order of the class indices, or a JSON list of texts.
 *
 * @throws FormatError where the file cannot be read or holds no names.
 */
export async function readLabels(file: string): Promise<readonly string[]> {
  const text = await readText(file);
  if (text.trimStart().startsWith('[')) return parseList(file, text);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  const gap = lines.indexOf('');
  if (lines.length > 0 && gap < 0) return lines;
  throw new FormatError({
    place: file,
    problem: lines.length === 0 ? 'no class names' : `line ${gap + 1} is empty`,
    expected: 'one class name a line, or a JSON list of texts',
  });
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= largestFile) return await readFile(file, 'utf8');
  } catch (cause) {
    throw new FormatError({
      place: file,
      problem: 'the class names cannot be read',
      found: messageOf(cause),
      cause,
    });
  }
  throw new FormatError({
    place: file,
    problem: 'too large for a file of class names',
    expected: `at most ${largestFile} bytes`,
  });
}

function parseList(file: string, text: string): readonly string[] {
  try {
    return jsonLabels.parse(JSON.parse(text));
  } catch (cause) {
    throw new FormatError({ place: file, problem: 'not a JSON list of texts', cause });
  }
}
