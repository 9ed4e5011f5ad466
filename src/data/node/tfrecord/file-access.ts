import { open, stat } from 'node:fs/promises';
import { FormatError, messageOf } from '../../../core/errors.js';
import type { RandomAccess } from '../../../formats/random-access.js';

/** Random access to a file; opened for each read, so that nothing has to be closed later. */
export async function fileAccess(path: string): Promise<RandomAccess> {
  const { size } = await reading(path, () => stat(path));
  return {
    size,
    read: (offset, length) =>
      reading(path, async () => {
        const file = await open(path, 'r');
        try {
          const bytes = new Uint8Array(length);
          const { bytesRead } = await file.read(bytes, 0, length, offset);
          if (bytesRead === length) return bytes;
          throw new FormatError({
            place: path,
            problem: 'the file became shorter while it is read',
          });
        } finally {
          await file.close();
        }
      }),
  };
}

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError({ place: path, problem: `cannot be read: ${messageOf(cause)}`, cause });
  }
}
