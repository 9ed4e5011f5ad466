import { readdir, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { FormatError, messageOf } from '../../core/errors.js';

/** The names in a folder, sorted; none where there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new FormatError({
      place: folder,
      problem: `the folder cannot be read: ${messageOf(cause)}`,
      cause,
    });
  }
}

/** The folders in a folder, sorted. */
export async function foldersIn(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  const kinds = await Promise.all(names.map((name) => isFolder(join(folder, name))));
  return names.filter((name, i) => kinds[i] === true && !name.startsWith('.'));
}

/** Whether there is a folder at a path. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

/** Whether there is a file at a path. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

const pictureEndings = ['.jpg', '.jpeg', '.png', '.webp', '.avif', '.gif', '.tif', '.tiff'];

/** The pictures in a folder: their paths by name without extension, sorted. */
export async function picturesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const pictures = new Map<string, string>();
  for (const name of await namesIn(folder)) {
    const { name: stem, ext } = parse(name);
    if (name.startsWith('.') || !pictureEndings.includes(ext.toLowerCase())) continue;
    const other = pictures.get(stem);
    if (other !== undefined) {
      throw new FormatError({
        place: join(folder, name),
        problem: 'two images of one name, so that their label is not clear',
        found: parse(other).base,
        fix: 'rename one of them and its label',
      });
    }
    pictures.set(stem, join(folder, name));
  }
  return pictures;
}
