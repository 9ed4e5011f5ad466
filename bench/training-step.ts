/**
 * A training step of MobileNetV2 1.0 with the v3 head beside PyTorch's, both layouts: time, losses
 * of the first ten steps, peak memory.
 *
 *     node dist/bench/training-step.js
 *
 * Needs Debian's python3-torch.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  learningRate,
  measureTraining,
  type TrainingWorkload,
  trainingWorkload,
} from '../apps/cli/benchmark/training.js';
import { machine, pause } from './measure.js';

/** What the Python script prints. */
interface PeerResult {
  readonly layout: string;
  readonly losses: readonly number[];
  readonly minMs: number;
  readonly medianMs: number;
  readonly peakMemoryBytes: number;
}

const settings = { network: 'mobilenetv2', batch: 4, width: 257, height: 257, threads: 2 } as const;
const runs = 15;
const warmUp = 3;
const compared = 10;
const rounds = 2;

/** Writes what both sides start from, as raw numbers that Python reads back. */
function writeWorkload(folder: string, { parameters, state, batch }: TrainingWorkload): object {
  const file = (name: string) => path.join(folder, `${name}.bin`);
  const values = parameters.flatMap(({ name }) => [...(state.get(name)?.data ?? [])]);
  const weights = Float32Array.from(values);
  writeFileSync(file('weights'), new Uint8Array(weights.buffer));
  writeFileSync(file('images'), batch.images.data);
  writeFileSync(file('labels'), batch.labels.data);
  return { weights: file('weights'), images: file('images'), labels: file('labels') };
}

function runPeer(folder: string, files: object, layout: string): PeerResult {
  const config = path.join(folder, 'settings.json');
  const { batch, height, width, threads } = settings;
  const steps = { steps: runs + warmUp, warmUp, rate: learningRate, layout, classes: 21 };
  writeFileSync(config, JSON.stringify({ ...files, ...steps, batch, height, width, threads }));
  const script = path.join('bench', 'pytorch', 'train_step.py');
  const done = spawnSync('/usr/bin/python3', [script, config], { encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`PyTorch did not run (Debian's python3-torch is needed): ${done.stderr}`);
  }
  return JSON.parse(done.stdout) as PeerResult;
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

/**
 * One training step beside PyTorch's in both of its layouts: MobileNetV2 1.0 with the v3 head,
 * output stride 16, batch 4, 257x257, batch norm in training mode, momentum SGD, 2 threads.
 */
async function main(): Promise<void> {
  console.log(machine());
  const folder = mkdtempSync(path.join(tmpdir(), 'training-step-'));
  try {
    const files = writeWorkload(folder, trainingWorkload({ ...settings, runs }));
    for (let round = 1; round <= rounds; round++) {
      const own = await measureTraining({ ...settings, runs });
      await pause();
      const peers = ['nchw', 'channels-last'].map((layout) => runPeer(folder, files, layout));
      console.log(`round ${round}`);
      const rows = [{ ...own, layout: 'atrous' }, ...peers];
      for (const { layout, medianMs, minMs, peakMemoryBytes } of rows) {
        console.log(
          `  ${layout.padEnd(14)} median ${medianMs.toFixed(1)} ms, min ${minMs.toFixed(1)} ms, ` +
            `peak ${mebibytes(peakMemoryBytes)}`,
        );
      }
      const best = Math.min(...peers.map(({ medianMs }) => medianMs));
      console.log(`  atrous / better PyTorch: ${(own.medianMs / best).toFixed(3)}`);
      const [reference] = peers;
      const apart = own.losses
        .slice(0, compared)
        .map((loss, step) => Math.abs(loss / (reference?.losses[step] ?? Number.NaN) - 1));
      console.log(
        `  losses of the first ${compared} steps differ by at most ` +
          `${(100 * Math.max(...apart)).toFixed(4)} %`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
