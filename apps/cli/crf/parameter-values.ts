import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { FormatError, messageOf, OptionError } from '../../../src/core/errors.js';
import { nearest } from '../../../src/core/spelling.js';
import { type CrfParameters, completeCrfParameters } from '../../../src/crf/parameters.js';
import { type CrfParameterName, crfParameterNames, parametersOf } from './parameter-names.js';

/** The flags of a command that can refine its label maps. */
export interface CrfFlags {
  readonly crf?: boolean | undefined;
  readonly crfParameters?: string | undefined;
}

/** What `search --json` prints, and any object with some of the names. */
const values = z.record(z.string(), z.number());
const found = z.object({ parameters: values });

/** A search's result takes some ten kilobytes; a file beyond this is something else. */
const largestFile = 2 ** 20;

/**
 * The complete parameters of the dense CRF that flags ask for, or undefined where they do not.
 *
 * @throws OptionError or FormatError naming what is wrong in `--crf-parameters`.
 */
export async function crfOfFlags({
  crf,
  crfParameters,
}: CrfFlags): Promise<CrfParameters | undefined> {
  if (crfParameters === undefined) return crf === true ? completeCrfParameters() : undefined;
  return completeCrfParameters(await readParameters(crfParameters, '--crf-parameters'));
}

/**
 * Parameters in a text such as `bi_w=4,bi_xy_std=67`, or in a JSON file of them.
 *
 * @param place The option, for errors.
 */
async function readParameters(text: string, place: string): Promise<Partial<CrfParameters>> {
  const isFile = !text.includes('=') || text.toLowerCase().endsWith('.json');
  return isFile ? readFileOf(text) : parseParameters(text, place);
}

/**
 * Parses `NAME=NUMBER` with commas between.
 *
 * @throws OptionError for a name that is none or stands there twice, and for a value that it cannot
 *   have.
 */
export function parseParameters(text: string, place: string): Partial<CrfParameters> {
  const parsed = new Map<CrfParameterName, number>();
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^\s*([^=\s]*)\s*=\s*(\S*)\s*$/.exec(part) ?? [];
    const known = knownName(name === '' ? part.trim() : name, place);
    if (parsed.has(known)) {
      throw new OptionError({ place, problem: `"${known}" stands there twice`, found: text });
    }
    parsed.set(known, value === '' ? Number.NaN : Number(value));
  }
  return parametersOf(parsed, place);
}

async function readFileOf(path: string): Promise<Partial<CrfParameters>> {
  const content = await readJson(path);
  const result = found.safeParse(content);
  const plain = result.success ? result.data.parameters : values.safeParse(content).data;
  if (plain === undefined) {
    throw new FormatError({
      place: path,
      problem: 'not parameters of the dense CRF',
      expected: `a JSON object with numbers for some of ${crfParameterNames.join(', ')}`,
    });
  }
  const entries = Object.entries(plain).map(
    ([name, value]) => [knownName(name, path), value] as const,
  );
  return parametersOf(new Map(entries), path);
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError({ place: path, problem: 'not valid JSON', cause });
  }
}

async function readText(path: string): Promise<string> {
  let size: number;
  try {
    ({ size } = await stat(path));
    if (size <= largestFile) return await readFile(path, 'utf8');
  } catch (cause) {
    throw new FormatError({
      place: path,
      problem: 'the parameters of the dense CRF cannot be read',
      found: messageOf(cause),
      fix: 'name a JSON file, or parameters such as bi_w=4,bi_xy_std=67',
      cause,
    });
  }
  throw new FormatError({
    place: path,
    problem: 'too large for a file of parameters',
    expected: `at most ${largestFile} bytes`,
    found: `${size}`,
  });
}

/** @throws OptionError with the nearest name for one that is none. */
export function knownName(name: string, place: string): CrfParameterName {
  const known = crfParameterNames.find((each) => each === name);
  if (known !== undefined) return known;
  throw new OptionError({
    place,
    problem: `no parameter "${name}"`,
    expected: crfParameterNames.join(', '),
    fix: `did you mean "${nearest(name, crfParameterNames)}"?`,
  });
}
