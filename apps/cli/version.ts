import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version of the package that this file belongs to: from the first package.json above it. */
export function packageVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const found = versionIn(join(folder, 'package.json'));
    if (found !== undefined) return found;
    const parent = dirname(folder);
    if (parent === folder) return 'of unknown version';
    folder = parent;
  }
}

function versionIn(file: string): string | undefined {
  try {
    const { name, version }: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'));
    return name === 'atrous' && typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}
