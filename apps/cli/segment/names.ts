import { basename, dirname, extname } from 'node:path';

/**
 * Names for the outputs of files, each unlike all others.
 *
 * A name is the file's without its extension. Files of equal name get their folder in front, and as
 * many folders above it as tell them apart; files in one folder that differ in the extension alone
 * keep it. Case does not tell names apart, as not all file systems see it.
 *
 * @param paths Absolute paths, each once.
 */
export function nameOutputs(paths: readonly string[]): readonly string[] {
  const siblings = countBy(paths.map(withoutExtension));
  const parts = paths.map((path) => {
    const alone = (siblings.get(fold(withoutExtension(path))) ?? 0) < 2;
    const own = alone ? basename(withoutExtension(path)) : basename(path);
    return [...foldersOf(path), own];
  });
  const depths = parts.map(() => 1);
  const names = parts.map((each) => each.slice(-1).join('-'));
  for (let changed = true; changed; ) {
    changed = false;
    const counts = countBy(names);
    parts.forEach((each, index) => {
      const depth = depths[index] ?? 1;
      if ((counts.get(fold(names[index] ?? '')) ?? 0) < 2 || depth >= each.length) return;
      depths[index] = depth + 1;
      names[index] = each.slice(-depth - 1).join('-');
      changed = true;
    });
  }
  return numbered(names);
}

function withoutExtension(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

function foldersOf(path: string): readonly string[] {
  return dirname(path)
    .split(/[\\/:]+/)
    .filter((part) => part !== '' && part !== '.' && part !== '..');
}

/** Numbers names that whole paths cannot tell apart, such as those of a-b/c and a/b-c. */
function numbered(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 2; taken.has(fold(free)); number++) free = `${name}-${number}`;
    taken.add(fold(free));
    return free;
  });
}

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(fold(name), (counts.get(fold(name)) ?? 0) + 1);
  return counts;
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
