/**
 * A training step of MobileNetV2 1.0 with the v3 head beside PyTorch's, both layouts: time, losses
 * of the first ten steps, peak memory. Output stride 16, batch 4, 257x257, batch norm in training
 * mode, momentum SGD, 2 threads.
 *
 *     node dist/bench/training-step.js
 *
 * The three take turns, a few steps each, so that all of them see the machine at its various
 * speeds. Needs Debian's python3-torch.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import {
  learningRate,
  type TrainingWorkload,
  trainingWorkload,
} from '../apps/cli/benchmark/training.js';
import { nodeRuntime } from '../src/runtime/node/index.js';
import { Trainer } from '../src/train/index.js';
import { machine, median, pause } from './measure.js';

const settings = { network: 'mobilenetv2', batch: 4, width: 257, height: 257, threads: 2 } as const;
/** Steps before the clock counts, whose losses are compared. */
const compared = 10;
const rounds = 20;
const stepsPerTurn = 5;

/** Some steps: their losses and milliseconds. */
interface Turn {
  readonly losses: readonly number[];
  readonly times: readonly number[];
  readonly peakMemoryBytes: number;
}

/** One who takes steps. */
interface Side {
  readonly name: string;
  steps(count: number): Promise<Turn>;
  end(): Promise<void>;
}

async function atrous({ settings: step, state, batch }: TrainingWorkload): Promise<Side> {
  const trainer = await Trainer.open(
    {
      settings: step,
      microBatches: 1,
      seed: 1,
      runtime: nodeRuntime({ worker: false }),
      session: { device: 'cpu', threads: settings.threads },
    },
    state,
  );
  const steps = async (count: number): Promise<Turn> => {
    const losses: number[] = [];
    const times: number[] = [];
    for (let taken = 0; taken < count; taken++) {
      const start = performance.now();
      losses.push(await trainer.step(batch, learningRate));
      times.push(performance.now() - start);
    }
    return { losses, times, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 };
  };
  return { name: 'atrous', steps, end: () => trainer.dispose() };
}

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

function pyTorch(folder: string, files: object, layout: string): Side {
  const config = path.join(folder, `${layout}.json`);
  writeFileSync(
    config,
    JSON.stringify({ ...files, ...settings, rate: learningRate, layout, classes: 21 }),
  );
  const script = path.join('bench', 'pytorch', 'train_step.py');
  const child = spawn('/usr/bin/python3', [script, config], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit').then(() => {
    throw new Error("PyTorch did not run: Debian's python3-torch is needed");
  });
  gone.catch(() => {});
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const steps = async (count: number): Promise<Turn> => {
    child.stdin.write(`${count}\n`);
    const { value } = await Promise.race([answers.next(), gone]);
    return JSON.parse(value ?? '') as Turn;
  };
  return {
    name: `PyTorch, ${layout}`,
    steps,
    end: async () => {
      child.stdin.end();
      await gone.catch(() => {});
    },
  };
}

/** The largest relative difference of two runs' losses. */
function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((loss, step) => Math.abs(loss / (b[step] ?? Number.NaN) - 1)));
}

async function compare(sides: readonly Side[]): Promise<void> {
  const first: Turn[] = [];
  for (const side of sides) first.push(await side.steps(compared));
  const [own, ...peers] = first.map(({ losses }) => losses);
  const apart = peers.map((losses) => largestDifference(own ?? [], losses));
  console.log(
    `losses of the first ${compared} steps differ by at most ` +
      `${(100 * Math.max(...apart)).toFixed(4)} %`,
  );
  const turns: (readonly Turn[])[] = [];
  for (let round = 0; round < rounds; round++) {
    const taken = new Map<Side, Turn>();
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      await pause();
      taken.set(side, await side.steps(stepsPerTurn));
    }
    turns.push(sides.flatMap((side) => taken.get(side) ?? []));
  }
  const ofSide = (index: number) => turns.flatMap((round) => round[index] ?? []);
  const medians = sides.map((side, index) => {
    const times = ofSide(index).flatMap((turn) => turn.times);
    const peak = Math.max(...ofSide(index).map(({ peakMemoryBytes }) => peakMemoryBytes));
    const middle = median(times);
    console.log(
      `${side.name.padEnd(22)} median ${middle.toFixed(1)} ms, ` +
        `min ${Math.min(...times).toFixed(1)} ms, peak ${Math.round(peak / 2 ** 20)} MiB`,
    );
    return middle;
  });
  const [ownMedian = Number.NaN, ...peerMedians] = medians;
  const best = Math.min(...peerMedians);
  const better = medians.indexOf(best, 1);
  const ratios = turns
    .map((round) => median(round[0]?.times ?? []) / median(round[better]?.times ?? []))
    .sort((a, b) => a - b);
  const quartile = (share: number) => ratios[Math.floor(share * (rounds - 1))]?.toFixed(3);
  console.log(`atrous / better PyTorch: ${(ownMedian / best).toFixed(3)} of the medians;`);
  console.log(
    `turn by turn ${median(ratios).toFixed(3)} (quartiles ${quartile(0.25)}, ${quartile(0.75)})`,
  );
}

async function main(): Promise<void> {
  console.log(machine());
  const folder = mkdtempSync(path.join(tmpdir(), 'training-step-'));
  const sides: Side[] = [];
  try {
    const workload = trainingWorkload({ ...settings, runs: 1 });
    const files = writeWorkload(folder, workload);
    sides.push(await atrous(workload));
    for (const layout of ['nchw', 'channels-last']) sides.push(pyTorch(folder, files, layout));
    await compare(sides);
  } finally {
    for (const side of sides) await side.end();
    rmSync(folder, { recursive: true });
  }
}

await main();
