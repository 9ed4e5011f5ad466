import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { seededRandom } from '../src/core/random.js';

/** Milliseconds of one run after another. */
export async function timesOf(runs: number, work: () => unknown): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times;
}

/** The value that half of the values do not exceed. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that a share of the values does not exceed, interpolated between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position % 1);
}

/** Lets the threads of one session fall asleep before another one is measured. */
export function pause(milliseconds = 100): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

/** Processor, cores and the instruction sets that matter to the figures. */
export function machine(): string {
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const sets = ['avx2', 'avx512f', 'avx_vnni', 'avx512_vnni', 'avx512_bf16', 'amx_int8', 'asimddp'];
  const found = sets.filter((set) => new RegExp(`\\b${set}\\b`).test(flags));
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return (
    `${model}, ${availableParallelism()} cores` +
    `${found.length > 0 ? ` (${found.join(', ')})` : ''}, Node ${process.versions.node}`
  );
}

/** Models and photographs that are not part of the repository lie beside it. */
export function beside(...parts: readonly string[]): string {
  return path.resolve(process.cwd(), '../shared', ...parts);
}

/** Adds the grain of a camera's sensor to a picture that was scaled up, in place. */
export function addGrain(data: Uint8Array | Uint8ClampedArray, sigma: number): void {
  const random = seededRandom(3);
  const noise = Float32Array.from({ length: 65_521 }, () => sigma * random.normal());
  for (let i = 0; i < data.length; i++) {
    const grain = noise[(i * 7 + (i >> 12)) % noise.length] ?? 0;
    data[i] = Math.max(0, Math.min(255, (data[i] ?? 0) + grain));
  }
}
