// Runs the command line from a checkout, built first where a source is newer than the build.
//
//     npm run -s atrous -- ARGS
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'dist', 'apps', 'cli', 'main.js');
/** Its time is that of the newest source of the last successful build. */
const stamp = join(root, 'dist', '.built');
const sources = ['src', 'apps', 'tsconfig.json'];

/** Newest change below a path; folders count too, so that added and deleted files are seen. */
function newestChange(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.mtimeMs;
  let newest = entry.mtimeMs;
  for (const child of readdirSync(path, { withFileTypes: true })) {
    if (child.isDirectory() || /\.[cm]?[jt]s$/.test(child.name)) {
      newest = Math.max(newest, newestChange(join(path, child.name)));
    }
  }
  return newest;
}

const newest = Math.max(...sources.map((source) => newestChange(join(root, source))));
const built = existsSync(main) && existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
// File systems store times more coarsely than they are told.
if (built + 1 < newest && !build()) process.exit(2);
await import(pathToFileURL(main).href);

function build() {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(compiler)) {
    console.error('atrous: the build needs the development packages; run "npm ci" first');
    return false;
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', root], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}atrous: the build failed\n`);
    return false;
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, newest / 1000, newest / 1000);
  return true;
}
