import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, OutputError } from '../../core/errors.js';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
};

/**
 * Writes a file so that whatever happens, a kill or a power cut, its path holds the old content or
 * the whole new one: it is written beside, forced to the disk, and renamed.
 *
 * Synchronous, so that no signal is handled in between.
 *
 * @throws OutputError naming the file and the reason; an earlier file stays as it was.
 */
export function writeDurably(path: string, parts: readonly (Uint8Array | string)[]): void {
  const partial = join(dirname(path), `.${basename(path)}.partial`);
  let opened = false;
  try {
    const file = openSync(partial, 'w');
    opened = true;
    try {
      for (const part of parts) writeWhole(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
    syncFolder(dirname(path));
  } catch (cause) {
    if (opened) rmSync(partial, { force: true });
    throw notWritten(path, cause);
  }
}

/** Writes all bytes, in as many turns as the system wants. */
export function writeWhole(file: number, content: Uint8Array | string): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** The error for a file that cannot be written. */
export function notWritten(path: string, cause: unknown): OutputError {
  const code = cause instanceof Error && 'code' in cause ? `${cause.code}` : '';
  const reason = reasons[code];
  return new OutputError({
    place: path,
    problem: `not written: ${reason ?? messageOf(cause)}`,
    ...(code === 'ENOSPC' || code === 'EDQUOT'
      ? { fix: 'free some space and go on with --resume; what was there before is as it was' }
      : {}),
    cause,
  });
}

/** The bytes of a file, or undefined where there is none. */
export function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the rename itself last; systems that cannot do so for folders are left alone. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (process.platform !== 'win32') throw error;
  }
}
