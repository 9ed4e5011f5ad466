// Tests the package as its users get it: packed, installed into an empty folder without the
// settings of this checkout, imported, type-checked, run.
//
//     node tools/package-test.mjs
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { name, version, exports: subPaths, bin } = readJson(join(root, 'package.json'));
const modules = Object.keys(subPaths)
  .filter((subPath) => !subPath.endsWith('.json'))
  .map((subPath) => name + subPath.slice(1));

const folder = mkdtempSync(join(tmpdir(), 'atrous-package-'));
const atrous = join(folder, 'node_modules', '.bin', name);
try {
  const tarball = pack();
  install(tarball);
  importAll();
  for (const strict of [false, true]) checkTypes(strict);
  runCommandLine();
  segmentPicture();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const report = run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  // The build's own output may come before the report.
  const [{ filename, files, size }] = JSON.parse(report.slice(report.indexOf('[\n')));
  const strays = files
    .map(({ path }) => path)
    .filter((path) =>
      /\.(test|fixture|conformance|bench)\.|\.map$|(^|\/)(bench|examples)\//.test(path),
    );
  if (strays.length > 0) fail(`the package holds what no user needs: ${strays.join(', ')}`);
  const needed = [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'models/voc.safetensors',
    'models/street.safetensors',
  ];
  for (const path of [...needed, ...Object.values(bin)]) {
    if (!files.some((file) => file.path === path)) fail(`the package lacks ${path}`);
  }
  passed(`packed: ${files.length} files, ${Math.round(size / 1024)} KiB`);
  return join(folder, filename);
}

function install(tarball) {
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );
  run('npm', ['install', '--no-audit', '--no-fund', tarball], {
    env: { ...outsideEnvironment(), ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  passed('installed into an empty folder');
}

function importAll() {
  const script = `for (const name of ${JSON.stringify(modules)}) {
    const { length } = Object.keys(await import(name));
    if (length === 0) throw new Error(name + ' exports nothing');
  }`;
  run(process.execPath, ['--input-type=module', '--eval', script]);
  passed(`imported: ${modules.join(', ')}`);
}

/** @param strict Whether the declarations of this package and all it imports are checked too. */
function checkTypes(strict) {
  const lines = modules.map((module, i) => `export * as module${i} from '${module}';`);
  writeFileSync(
    join(folder, 'consumer.ts'),
    `${lines.join('\n')}
import { type ClassShare, Segmenter } from 'atrous';

export async function largest(model: string, picture: string): Promise<ClassShare | undefined> {
  const segmenter = await Segmenter.load(model, { threads: 1 });
  const { classes, labelMap } = await segmenter.segment(picture);
  await segmenter.dispose();
  return labelMap.length > 0 ? classes[0] : undefined;
}

// @ts-expect-error a model is a path or bytes: were the types lost, this would pass
Segmenter.load(1);
`,
  );
  const compilerOptions = {
    ...{ noEmit: true, strict: true, module: 'nodenext', target: 'es2022' },
    skipLibCheck: !strict,
    types: strict ? ['node'] : [],
    typeRoots: [join(root, 'node_modules', '@types')],
  };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
  );
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc')]);
  passed(strict ? 'declarations are sound' : 'types resolve');
}

function runCommandLine() {
  expectEqual(run(atrous, ['--version']).trim(), version, `${name} --version`);
  const help = run(atrous, ['--help']);
  for (const command of ['segment', 'benchmark', 'models']) {
    if (!help.includes(command)) fail(`${name} --help does not mention ${command}`);
  }
  expectEqual(exitCode(['no-such-command']), 2, 'exit code of an unknown command');
  passed('the command line answers');
}

function segmentPicture() {
  const picture = join(root, 'examples', 'photos', 'chelsea.png');
  run(atrous, ['segment', picture, '-o', 'out']);
  const { classes } = readJson(join(folder, 'out', 'chelsea.json'));
  expectEqual(classes[0].label, 'cat', 'largest class of the cat photograph');
  for (const kind of ['overlay', 'mask']) {
    if (!existsSync(join(folder, 'out', `chelsea.${kind}.png`))) fail(`no ${kind} was written`);
  }
  passed('a photograph is segmented');
}

/** The environment without what `npm run` and this checkout's .npmrc put there. */
function outsideEnvironment() {
  const ours = /^(npm_(package|lifecycle|execpath|command)|npm_config_(local_prefix|onnxruntime))/;
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => !ours.test(key)));
}

function run(command, args, options = {}) {
  try {
    return execFileSync(command, args, {
      cwd: folder,
      env: outsideEnvironment(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
    });
  } catch (error) {
    fail(`${command} ${args.join(' ')}\n${error.stdout ?? ''}${error.stderr ?? error.message}`);
  }
}

function exitCode(args) {
  try {
    execFileSync(atrous, args, { cwd: folder, stdio: 'ignore' });
    return 0;
  } catch (error) {
    return error.status;
  }
}

function expectEqual(found, expected, what) {
  if (found !== expected) fail(`${what}: expected ${expected}, found ${found}`);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function passed(what) {
  console.log(`- ${what}`);
}

function fail(problem) {
  throw new Error(`package test: ${problem}`);
}
