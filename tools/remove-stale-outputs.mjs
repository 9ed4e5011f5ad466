// Removes compiled files whose source is gone, which the compiler leaves behind: a deleted test
// would run on. With --all, removes everything that was compiled.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

if (process.argv.includes('--all')) rmSync(dist, { recursive: true, force: true });

for (const entry of existsSync(dist)
  ? readdirSync(dist, { recursive: true, withFileTypes: true })
  : []) {
  const output = join(entry.parentPath ?? entry.path, entry.name);
  const stem = /^(.+?)(\.d\.ts|\.js|\.js\.map)$/.exec(relative(dist, output))?.[1];
  if (stem !== undefined && !existsSync(join(root, `${stem}.ts`))) rmSync(output, { force: true });
}
