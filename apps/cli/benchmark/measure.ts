import { setTimeout as pause } from 'node:timers/promises';
import type { Runtime, Session, SessionOptions } from '../../../src/runtime/index.js';
import { nodeRuntime } from '../../../src/runtime/node/index.js';
import { denseConvolution, type Workload } from './dense-convolution.js';
import { type OperatorProfile, profileOperators } from './operator-profile.js';
import { round, type TimeStatistics, timeStatistics } from './statistics.js';
import { type NetworkChoice, networkWorkload } from './workload.js';

/** A benchmark, its options checked. */
export interface BenchmarkSettings extends NetworkChoice, SessionOptions {
  /** Number of measured runs; as many as fit into a few seconds unless told. */
  readonly runs?: number;
  readonly profileOperators: boolean;
}

/** What `atrous benchmark --json` prints. Times are of one run on one batch. */
export interface BenchmarkResult extends TimeStatistics {
  readonly model: string;
  readonly device: string;
  /** 0 where ONNX Runtime chose the number. */
  readonly threads: number;
  readonly inputSize: string;
  readonly batch: number;
  readonly runs: number;
  /** From the file to a session that is ready to run. */
  readonly loadMs: number;
  /** The first run. */
  readonly warmUpMs: number;
  /** Largest resident memory of the whole process, Node included, up to the end of the runs. */
  readonly peakMemoryBytes: number;
  /** Largest resident memory before the model was read. */
  readonly startMemoryBytes: number;
  /** Of one run: a convolution's or matrix product's; a multiply-add is two FLOPs. */
  readonly multiplyAdds: number;
  /** 2 x multiplyAdds / medianMs, in 10^9 a second. */
  readonly gflops: number;
  /** The same of a dense 3x3 convolution, 256 to 256 channels at 33x33, measured in between. */
  readonly denseConvolutionGflops: number;
  readonly shareOfDense: number;
  readonly operators?: OperatorProfile;
}

/** Runs before the measurement: the first ones still allocate and settle the processor's clock. */
const warmUpRuns = 3;

/** Without a number of runs: at most this many, within this time, at least `leastRuns`. */
const usualRuns = 50;
const usualMs = 10_000;
const leastRuns = 5;

/** Measurements of network and dense convolution alternate this often. */
const blocks = 5;

/** Between blocks: the other session's threads spin for a while before they sleep. */
const restMs = 40;

const denseRunsPerBlock = 12;

/**
 * Measures a model's network: the very graph that the segmenter runs, on random pixels.
 *
 * A dense convolution is measured in between, in blocks, so that the machine's ups and downs hit
 * both alike, with pauses, so that neither session's spinning threads disturb the other.
 *
 * @param stop Ends the measurement early, by an error, between two runs.
 */
export async function measure(
  settings: BenchmarkSettings,
  stop: AbortSignal,
): Promise<BenchmarkResult> {
  const { device = 'cpu', threads = 0, batch } = settings;
  const options: SessionOptions = { device, threads };
  const runtime = nodeRuntime({ worker: false });
  const startMemoryBytes = peakMemory();

  const start = performance.now();
  const network = await networkWorkload(settings, runtime, options);
  const session = await runtime.open(network.model, options);
  const loadMs = performance.now() - start;
  const timeNetwork = stopwatch(session, network, stop);
  const warmUpMs = await timeNetwork();
  const warm = Math.min(...(await repeat(warmUpRuns, timeNetwork)));
  const runs = settings.runs ?? affordableRuns(warm);
  const peakMemoryBytes = peakMemory();

  const { times, denseTimes, dense } = await alternate(runs, timeNetwork, runtime, options, stop);
  await session.dispose();
  const statistics = timeStatistics(times);
  const gflops = rateOf(network, statistics.medianMs);
  const denseMedian = timeStatistics(denseTimes).medianMs;
  const denseConvolutionGflops = rateOf(dense, denseMedian);
  return {
    model: settings.model,
    device,
    threads,
    inputSize: `${network.inputSize.width}x${network.inputSize.height}`,
    batch,
    runs,
    loadMs: round(loadMs),
    warmUpMs: round(warmUpMs),
    ...statistics,
    peakMemoryBytes,
    startMemoryBytes,
    multiplyAdds: network.multiplyAdds,
    gflops: round(gflops),
    denseConvolutionGflops: round(denseConvolutionGflops),
    shareOfDense: round(gflops / denseConvolutionGflops),
    ...(settings.profileOperators
      ? { operators: await profileOperators(network, runtime, options, stop) }
      : {}),
  };
}

/** Blocks of the network's runs and of the dense convolution's, in turn. */
async function alternate(
  runs: number,
  timeNetwork: () => Promise<number>,
  runtime: Runtime,
  options: SessionOptions,
  stop: AbortSignal,
): Promise<{ times: number[]; denseTimes: number[]; dense: Workload }> {
  const dense = denseConvolution();
  const session = await runtime.open(dense.model, options);
  const timeDense = stopwatch(session, dense, stop);
  await repeat(warmUpRuns, timeDense);
  const times: number[] = [];
  const denseTimes: number[] = [];
  const block = async (count: number, time: () => Promise<number>): Promise<number[]> => {
    await pause(restMs);
    // The first run after a pause wakes the threads.
    await time();
    return repeat(count, time);
  };
  const count = Math.min(blocks, runs);
  for (let index = 0; index < count; index++) {
    const share = Math.floor((runs * (index + 1)) / count) - Math.floor((runs * index) / count);
    times.push(...(await block(share, timeNetwork)));
    denseTimes.push(...(await block(denseRunsPerBlock, timeDense)));
  }
  await session.dispose();
  return { times, denseTimes, dense };
}

/** Milliseconds of one run of a session. */
function stopwatch(session: Session, { feeds }: Workload, stop: AbortSignal) {
  return async (): Promise<number> => {
    // Signals are handled only between runs: they block the thread.
    await new Promise(setImmediate);
    stop.throwIfAborted();
    const start = performance.now();
    await session.run(feeds);
    return performance.now() - start;
  };
}

async function repeat(count: number, time: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < count; run++) times.push(await time());
  return times;
}

function affordableRuns(milliseconds: number): number {
  return Math.max(leastRuns, Math.min(usualRuns, Math.floor(usualMs / milliseconds)));
}

function rateOf({ multiplyAdds }: Workload, milliseconds: number): number {
  return (2 * multiplyAdds) / milliseconds / 1e6;
}

/** Largest resident memory of this process so far, in bytes; the system counts in KiB. */
function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}
