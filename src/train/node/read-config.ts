import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FormatError, messageOf } from '../../core/errors.js';
import { assign } from '../config/assignments.js';
import { parseConfig, type TrainConfig } from '../config/config.js';

/**
 * Reads a configuration: a JSON file, or a module (`.js`, `.mjs`) whose default export is the
 * configuration or a function that returns it.
 *
 * @param assignments `key.path=value` texts that replace values of the file.
 * @throws FormatError where the file cannot be read or is wrong, OptionError for wrong assignments
 *   and for values that do not go together.
 */
export async function readConfig(
  path: string,
  assignments: readonly string[] = [],
): Promise<TrainConfig> {
  const value = /\.[cm]?js$/i.test(path) ? await importConfig(path) : await readJson(path);
  return parseConfig(assign(value, assignments), path);
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new FormatError({
      place: path,
      problem: `the configuration cannot be read: ${messageOf(cause)}`,
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError({ place: path, problem: `not valid JSON: ${messageOf(cause)}`, cause });
  }
}

async function importConfig(path: string): Promise<unknown> {
  let content: unknown;
  try {
    const module: Record<string, unknown> = await import(pathToFileURL(resolve(path)).href);
    content = module['default'];
    if (typeof content === 'function') content = await content();
  } catch (cause) {
    throw new FormatError({
      place: path,
      problem: `the configuration cannot be loaded: ${messageOf(cause)}`,
      cause,
    });
  }
  if (content !== undefined) return content;
  throw new FormatError({
    place: path,
    problem: 'it has no default export',
    fix: 'write "export default { dataset: { path: … }, output: … }"',
  });
}
