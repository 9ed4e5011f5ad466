/**
 * Compiles the CRF's inner loops, src/crf/wasm/kernels.as, into src/crf/wasm/binary.ts.
 *
 *     node tools/crf-kernels.mjs
 *
 * The compiled module is committed, so neither users nor the build need the AssemblyScript compiler;
 * npx fetches it here.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const compiler = 'assemblyscript@0.28.20';
const options =
  '-O3 --noAssert --runtime stub --enable simd --importMemory --noExportMemory --initialMemory 1 ' +
  '--maximumMemory 65536 --outFile kernels.wasm';

const folder = mkdtempSync(join(tmpdir(), 'atrous-kernels-'));
try {
  copyFileSync('src/crf/wasm/kernels.as', join(folder, 'kernels.ts'));
  const args = ['--yes', '--package', compiler, 'asc', 'kernels.ts', ...options.split(' ')];
  execFileSync('npx', args, { cwd: folder, stdio: 'inherit' });
  const binary = readFileSync(join(folder, 'kernels.wasm'));
  const lines = binary.toString('base64').match(/.{1,90}/g);
  writeFileSync(
    'src/crf/wasm/binary.ts',
    `/** kernels.as compiled by AssemblyScript, in base64: made by tools/crf-kernels.mjs. */
export const kernelsBinary =
${lines.map((line) => `  '${line}'`).join(' +\n')};
`,
  );
  console.log(`${binary.length} bytes`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
