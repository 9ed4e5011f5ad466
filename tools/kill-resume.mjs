// Kills a training run again and again (kill -9) and resumes it each time: the checkpoint must open
// after every kill, and the losses must be those of a run that was never killed.
//
//     npm run build && node tools/kill-resume.mjs [--kills 20] [--seed 1] [--build dist]
//
// Half of the kills come at any moment from the start of the process on, half in the midst of
// steps, each of which writes a checkpoint.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    build: { type: 'string', default: 'dist' },
  },
});
const kills = Number(values.kills);
const built = (path) => import(pathToFileURL(resolve(values.build, path)).href);
const { seededRandom } = await built('src/core/random.js');
const { decodeCheckpoint } = await built('src/weights/checkpoint.js');
const { ShapesSource } = await built('examples/shapes/shapes-source.js');
const { writeDataset } = await built('examples/shapes/write-dataset.js');
const main = resolve(values.build, 'apps/cli/main.js');

const side = 33;
const random = seededRandom(Number(values.seed));
const folder = mkdtempSync(join(tmpdir(), 'atrous-kill-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
await writeDataset(join(folder, 'data'), [
  new ShapesSource('train', 20, side),
  new ShapesSource('val', 4, side),
]);
writeFileSync(
  join(folder, 'run.json'),
  JSON.stringify({
    dataset: { path: 'data' },
    output: 'killed',
    network: { depthMultiplier: 0.1 },
    crop: side,
    batchSize: 2,
    steps: 40 * kills,
    learningRate: { base: 0.02 },
    averageDecay: 0.9,
    evaluation: { every: 50 },
    checkpointEvery: 1,
    threads: 1,
  }),
);

let opened = 0;
for (let kill = 1; kill <= kills; kill++) {
  const child = start('killed');
  const inSteps = kill % 2 === 0;
  if (inSteps) await firstStep(child);
  await pause(random.uniform() * (inSteps ? 400 : 4000));
  if (child.exitCode !== null) {
    fail(`the run ended by itself before kill ${kill}, with exit code ${child.exitCode}`);
  }
  child.kill('SIGKILL');
  await ended(child);
  const step = savedStep('killed');
  if (step !== undefined) opened++;
  const moment = inSteps ? 'in its steps' : 'at any moment';
  console.log(
    `kill ${kill} ${moment}: ${step === undefined ? 'no checkpoint yet' : `checkpoint of step ${step}`}`,
  );
}
for (const output of ['killed', 'whole']) {
  const code = await ended(start(output));
  if (code !== 0) fail(`the run "${output}" ended with exit code ${code}`);
}
const [killed, whole] = [losses('killed'), losses('whole')];
if (killed.join() !== whole.join()) fail('the losses differ from those of a run without kills');
console.log(
  `${kills} kills, ${opened} of them with a checkpoint, each of which opened; ` +
    `${whole.length} losses as without kills`,
);

function start(output) {
  const args = [main, 'train', 'run.json', '--set', `output=${output}`, '--resume', '--json'];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  return child;
}

function firstStep(child) {
  return new Promise((done) => {
    child.stdout.once('data', done);
    child.once('exit', done);
  });
}

function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return new Promise((done) => child.once('exit', done));
}

/** Step of the checkpoint, which must be sound wherever there is one. */
function savedStep(output) {
  const path = join(folder, output, 'last.safetensors');
  return existsSync(path) ? decodeCheckpoint(readFileSync(path), path).metadata.step : undefined;
}

function losses(output) {
  return readFileSync(join(folder, output, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((entry) => 'loss' in entry)
    .map(({ step, loss }) => `${step}:${loss}`);
}

function fail(reason) {
  console.error(`kill-resume: ${reason}`);
  process.exit(1);
}
