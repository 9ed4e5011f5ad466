/**
 * DeepLabv3+ on Xception-65 beside PyTorch's in both of its layouts, batch norm folded, 2 threads;
 * then what atrous takes of a whole Cityscapes picture.
 *
 *     node dist/bench/large-network.js
 *
 * Both sides have the same random weights and pixels, and their logits are compared.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { networkWorkload } from '../apps/cli/benchmark/workload.js';
import { seededRandom } from '../src/core/random.js';
import { parseNetworkName } from '../src/models/names.js';
import { nodeRuntime } from '../src/runtime/node/index.js';
import { type CheckpointMetadata, encodeCheckpoint } from '../src/weights/checkpoint.js';
import { livelyWeights } from '../src/weights/lively-weights.fixture.js';
import { describeNetwork } from '../src/weights/network-graph.js';
import { machine, median, pause, timesOf } from './measure.js';

/** What the Python script prints. */
interface PeerResult {
  readonly minMs: number;
  readonly medianMs: number;
  readonly peakMemoryBytes: number;
  /** Largest difference of the logits, relative to the largest logit. */
  readonly difference: number;
}

const name = 'deeplabv3plus-xception65';
const side = 513;
const threads = 2;
const runs = 9;
const rounds = 3;
const layouts = ['nchw', 'channels-last'] as const;

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** Writes the network as a checkpoint, and its numbers for Python. */
function writeNetwork(folder: string) {
  const network = parseNetworkName(name);
  const description = describeNetwork(network);
  const weights = livelyWeights(description, seededRandom(1));
  const raw = (file: string, parts: readonly { readonly name: string }[]) => {
    const values = parts.flatMap((part) => [weights.get(part.name)?.data ?? []]);
    writeFileSync(
      path.join(folder, file),
      Buffer.concat(values.map((data) => new Uint8Array(Float32Array.from(data).buffer))),
    );
    return path.join(folder, file);
  };
  const metadata: CheckpointMetadata = {
    version: 1,
    network: { ...network, atrousRates: [...network.atrousRates] },
    labels: Array.from({ length: network.classes }, (_, index) => `class ${index}`),
    normalisation: { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
    step: 0,
    config: {},
  };
  const model = path.join(folder, 'network.safetensors');
  writeFileSync(model, Buffer.concat(encodeCheckpoint({ metadata, tensors: weights })));
  return {
    model,
    rates: network.atrousRates,
    parameters: raw('parameters.bin', description.parameters),
    statistics: raw('statistics.bin', description.statistics),
  };
}

async function compare(folder: string, outputStride: 8 | 16): Promise<void> {
  const { model, rates, ...files } = writeNetwork(folder);
  const runtime = nodeRuntime({ worker: false });
  const size = { width: side, height: side };
  const workload = await networkWorkload({ model, size, outputStride, batch: 1 }, runtime, {
    threads,
  });
  const session = await runtime.open(workload.model, { threads });
  const [logits] = Object.values(await session.run(workload.feeds));
  const [pixels] = Object.values(workload.feeds);
  const raw = (file: string, data: Iterable<number | bigint> | undefined) => {
    const values = Float32Array.from(data ?? [], Number);
    writeFileSync(path.join(folder, file), new Uint8Array(values.buffer));
    return path.join(folder, file);
  };
  const settings = {
    ...files,
    image: raw('image.bin', pixels?.data),
    logits: raw('logits.bin', logits?.data),
    height: side,
    width: side,
    outputStride,
    rates: rates.map((rate) => (rate * 16) / outputStride),
    runs,
    threads,
  };
  for (let round = 1; round <= rounds; round++) {
    await session.run(workload.feeds);
    const own = median(await timesOf(runs, () => session.run(workload.feeds)));
    await pause();
    const peers = layouts.map((layout) => ({
      layout,
      ...runPeer(folder, { ...settings, layout }),
    }));
    const best = Math.min(...peers.map(({ medianMs }) => medianMs));
    console.log(
      `stride ${outputStride}, round ${round}: atrous ${own.toFixed(0)} ms; ` +
        peers
          .map(({ layout, medianMs, peakMemoryBytes, difference }) =>
            [
              `PyTorch ${layout} ${medianMs.toFixed(0)} ms`,
              mebibytes(peakMemoryBytes),
              `logits ${difference.toExponential(1)} apart`,
            ].join(', '),
          )
          .join('; ') +
        `; ratio ${(own / best).toFixed(3)}`,
    );
  }
  await session.dispose();
}

function runPeer(folder: string, settings: object): PeerResult {
  const config = path.join(folder, 'settings.json');
  writeFileSync(config, JSON.stringify(settings));
  const script = path.join('bench', 'pytorch', 'run_network.py');
  const done = spawnSync('/usr/bin/python3', [script, config], { encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`PyTorch did not run (Debian's python3-torch is needed): ${done.stderr}`);
  }
  return JSON.parse(done.stdout) as PeerResult;
}

/** Memory of a process of its own, as `atrous benchmark` reports it. */
function measureMemory(folder: string, size: string, outputStride: number): void {
  const { model } = writeNetwork(folder);
  const command = ['benchmark', model, '--size', size, '--output-stride', `${outputStride}`];
  const rest = ['--threads', `${threads}`, '--runs', '1', '--json'];
  const done = spawnSync(process.execPath, ['dist/apps/cli/main.js', ...command, ...rest], {
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`atrous benchmark did not run: ${done.stderr}`);
  const { medianMs, peakMemoryBytes, startMemoryBytes } = JSON.parse(done.stdout);
  console.log(
    `${size}, stride ${outputStride}: median ${Math.round(medianMs)} ms, ` +
      `peak ${mebibytes(peakMemoryBytes)}, ${mebibytes(startMemoryBytes)} of it before the model`,
  );
}

const folder = mkdtempSync(path.join(tmpdir(), 'large-network-'));
try {
  console.log(`${machine()}; ${name}, ${side}x${side}, ${threads} threads, ${runs} runs a round`);
  for (const outputStride of [16, 8] as const) await compare(folder, outputStride);
  for (const size of ['513x513', '2049x1025']) {
    for (const outputStride of [16, 8]) measureMemory(folder, size, outputStride);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
