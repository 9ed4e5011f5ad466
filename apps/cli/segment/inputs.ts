import { statSync } from 'node:fs';
import { join, normalize, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { messageOf } from '../../../src/core/errors.js';
import { isOutputPicture } from './outputs.js';

/** A picture to segment: a file, or the bytes on standard input. */
export type Input =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin'; readonly path: 'stdin' };

/** An input, or an argument that stands for none, of which nothing will be made. */
export interface RefusedInput {
  /** What was asked for: the picture, or the argument. */
  readonly image: string;
  /** One line, which begins with it. */
  readonly message: string;
}

/** What the arguments stand for. */
export interface Expansion {
  /** Each file once, in the order of the arguments, sorted within each. */
  readonly inputs: readonly Input[];
  /** The arguments that stand for nothing. */
  readonly failures: readonly RefusedInput[];
}

/** Endings of the pictures that a folder is searched for. */
const pictureEndings = ['jpg', 'jpeg', 'jfif', 'png', 'webp', 'avif', 'gif', 'tif', 'tiff'];

/**
 * Expands arguments: `-` is standard input, a folder all pictures in it and in its subfolders, what
 * is no file but has `*`, `?`, `[…]` or `{…}` a pattern. Folders and patterns leave out hidden
 * files and the overlays and masks of earlier runs.
 */
export async function expandInputs(args: readonly string[]): Promise<Expansion> {
  const inputs = new Map<string, Input>();
  const failures: RefusedInput[] = [];
  for (const arg of args) {
    const found = await expand(arg);
    if (typeof found === 'string') failures.push({ image: arg, message: `${arg}: ${found}` });
    else {
      for (const input of found) {
        const key = input.kind === 'stdin' ? '-' : resolve(input.path);
        if (!inputs.has(key)) inputs.set(key, input);
      }
    }
  }
  return { inputs: [...inputs.values()], failures };
}

/** The inputs of one argument, or what is wrong with it. */
async function expand(arg: string): Promise<readonly Input[] | string> {
  if (arg === '-') return [{ kind: 'stdin', path: 'stdin' }];
  try {
    const entry = statSync(arg, { throwIfNoEntry: false });
    if (entry?.isDirectory()) {
      const found = await search(`**/*.{${pictureEndings}}`, arg, false);
      const files = found.map((name) => file(join(arg, name)));
      return files.length > 0 ? files : 'no pictures in this folder';
    }
    if (entry !== undefined) return [file(arg)];
    if (!isDynamicPattern(arg)) return 'no such file';
    const [folder, rest] = splitPattern(arg);
    const files = (await search(rest, folder || '.', true)).map((name) => file(join(folder, name)));
    return files.length > 0 ? files : 'no file matches this pattern';
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
}

function file(path: string): Input {
  return { kind: 'file', path: normalize(path) };
}

/** Files below a folder that match a pattern, as paths from the folder. */
async function search(
  pattern: string,
  folder: string,
  caseSensitiveMatch: boolean,
): Promise<readonly string[]> {
  const found = await glob(pattern, { cwd: folder, caseSensitiveMatch, expandDirectories: false });
  return found.filter((name) => !isOutputPicture(name)).sort();
}

/** The folders in front of a pattern's first special character, and the rest of it. */
function splitPattern(pattern: string): readonly [folder: string, rest: string] {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => isDynamicPattern(part));
  const folder = parts.slice(0, first).join('/');
  return [folder === '' && first > 0 ? '/' : folder, parts.slice(first).join('/')];
}
