import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, OutputError } from '../../../src/core/errors.js';

/** A file to write. */
export interface FileContent {
  readonly path: string;
  readonly data: Uint8Array | string;
}

/** Where a file is written before it takes its name; `run` tells runs at the same time apart. */
export function partialPath(path: string, run: number): string {
  return join(dirname(path), `.${basename(path)}.${run}.partial`);
}

/**
 * Writes files that belong together: each beside its place, and only when all are complete do they
 * take their names. Where one fails, none of them appears and nothing partial stays.
 *
 * Synchronous, so that no signal can be handled while a file is half written.
 *
 * @throws OutputError that names the file.
 */
export function writeTogether(files: readonly FileContent[], run: number): void {
  let current = '';
  try {
    for (const { path, data } of files) {
      current = path;
      writeFileSync(partialPath(path, run), data);
    }
    for (const { path } of files) {
      current = path;
      renameSync(partialPath(path, run), path);
    }
  } catch (cause) {
    removePartials(
      files.map(({ path }) => path),
      run,
    );
    throw new OutputError({ place: current, problem: `not written: ${reason(cause)}`, cause });
  }
}

/**
 * Looks before long work, not after it, whether its result can be written.
 *
 * @throws OutputError where the folder is missing or closed, or a folder has the file's name.
 */
export function checkWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new OutputError({ place: file, problem: `cannot be written: ${reason(cause)}`, cause });
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new OutputError({ place: file, problem: `cannot be written: ${reasons.EISDIR}` });
}

/** Removes what a writer that was ended left behind. */
export function removePartials(paths: readonly string[], run: number): void {
  for (const path of paths) {
    try {
      rmSync(partialPath(path, run), { force: true });
    } catch {
      // What cannot be removed, for instance in a folder that is gone, must not hide the reason.
    }
  }
}

/** Why a file or folder cannot be made, in plain words. */
export function reason(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return (typeof code === 'string' ? reasons[code] : undefined) ?? messageOf(cause);
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  EEXIST: 'a file of this name is in the way',
  ENOTDIR: 'a file of this name is in the way',
  EISDIR: 'a folder of this name is in the way',
  ENOTEMPTY: 'a folder of this name is in the way',
  ENOENT: 'the folder does not exist and cannot be made',
  ENAMETOOLONG: 'the name is too long',
};
