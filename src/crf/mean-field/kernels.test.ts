import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../core/random.js';
import { chainsOf } from '../lattice/chains.js';
import { engines } from '../settings.fixture.js';
import { allocateBlock, type Block, type CrfEngine, kernelsOf } from './block.js';
import type { Kernels } from './kernels.js';

const points = 500;
const pixels = 700;
const sides = 6;

/** Arrays filled with the same random numbers in any block. */
class Arrays {
  readonly kernels: Kernels;
  readonly #block: Block;
  readonly #random: Random = seededRandom(12);
  #used = 0;

  constructor(engine: CrfEngine) {
    this.#block = allocateBlock(1 << 20, false, engine);
    expect(this.#block.engine).toBe(engine);
    this.kernels = kernelsOf(this.#block);
  }

  floats(length: number): Float32Array {
    const array = new Float32Array(this.#block.memory.buffer, this.#take(length), length);
    return this.#fill(array, () => this.#random.normal());
  }

  integers(length: number, most: number): Int32Array {
    const array = new Int32Array(this.#block.memory.buffer, this.#take(length), length);
    return this.#fill(array, () => this.#random.integer(0, most));
  }

  copy(values: Int32Array): Int32Array {
    const length = values.length;
    const array = new Int32Array(this.#block.memory.buffer, this.#take(length), length);
    array.set(values);
    return array;
  }

  #fill<T extends Float32Array | Int32Array>(array: T, next: () => number): T {
    for (let at = 0; at < array.length; at++) array[at] = next();
    return array;
  }

  #take(length: number): number {
    const offset = this.#used;
    this.#used += Math.ceil(length / 4) * 16;
    return offset;
  }
}

/** Random chains over all points. */
function chains(arrays: Arrays): Int32Array {
  const next = Int32Array.from({ length: points }, (_, point) =>
    point % 7 === 6 || point === points - 1 ? -1 : point + 1,
  );
  return arrays.copy(chainsOf(next, (length) => new Int32Array(length)));
}

/**
 * Each kernel on its own arrays of rows of `lanes`; `cuts` are the ends of the ranges that it is
 * called with.
 */
const runs: Readonly<
  Record<
    keyof Kernels,
    (arrays: Arrays, lanes: number, cuts: (items: number) => number[]) => Float32Array
  >
> = {
  splat(arrays, lanes, cuts) {
    const counts = arrays.integers(points + 1, 9);
    counts[0] = 0;
    const start = counts.map((_, i) => counts.subarray(0, i + 1).reduce((a, b) => a + b, 0));
    const entries = start[points] as number;
    const rows = {
      start: arrays.copy(start),
      pixel: arrays.integers(entries, pixels - 1),
      weight: arrays.floats(entries),
    };
    const beliefs = arrays.floats(pixels * lanes);
    const values = arrays.floats(points * lanes);
    forRanges(cuts(points), (from, to) =>
      arrays.kernels.splat(rows, beliefs, lanes, values, from, to),
    );
    return values;
  },
  blur(arrays, lanes, cuts) {
    const list = chains(arrays);
    const values = arrays.floats(points * lanes);
    forRanges(cuts(list.length), (from, to) => arrays.kernels.blur(list, values, lanes, from, to));
    return values;
  },
  merge(arrays, lanes, cuts) {
    const values = arrays.floats(points * lanes);
    const mirror = arrays.floats(points * lanes);
    forRanges(cuts(points), (from, to) =>
      arrays.kernels.merge(values, mirror, from * lanes, to * lanes),
    );
    return values;
  },
  slice(arrays, lanes, cuts) {
    const width = lanes + 4;
    const term = {
      vertices: arrays.integers(pixels * sides, points - 1),
      slice: arrays.floats(pixels * sides),
      sides,
      total: arrays.floats(pixels),
      values: arrays.floats(points * lanes),
    };
    const sums = arrays.floats(pixels * width);
    forRanges(cuts(pixels), (from, to) =>
      arrays.kernels.slice(term, lanes, from, to, sums.subarray(from * width)),
    );
    return sums;
  },
  weigh(arrays, lanes, cuts) {
    const width = lanes + 4;
    const costs = arrays.floats(width * width);
    for (let a = 0; a < width; a++) {
      for (let b = 0; b < a; b++) costs[a * width + b] = costs[b * width + a] as number;
    }
    const sums = arrays.floats(pixels * width);
    const ratings = arrays.floats(pixels * width);
    forRanges(cuts(pixels), (from, to) => {
      const [a, b] = [sums.subarray(from * width), ratings.subarray(from * width)];
      arrays.kernels.weigh(costs, a, width, to - from, b);
    });
    return ratings;
  },
  softmax(arrays, lanes, cuts) {
    const width = lanes + 4;
    const ratings = arrays.floats(pixels * width).map((value) => 8 * value);
    const used = arrays.floats(pixels * width);
    used.set(ratings);
    const energies = arrays.floats(pixels * width);
    const out = arrays.floats(pixels * lanes);
    forRanges(cuts(pixels), (from, to) => {
      const rows = used.subarray(from * width);
      arrays.kernels.softmax(rows, energies, width, from, to, out, lanes);
    });
    return out;
  },
};

function forRanges(ends: readonly number[], run: (from: number, to: number) => void): void {
  for (const [index, to] of ends.entries()) run(index === 0 ? 0 : (ends[index - 1] as number), to);
}

// WebAssembly works on 20 lanes at a time and then on 4: less, as much, and both.
const cases = (Object.keys(runs) as (keyof Kernels)[]).flatMap((name) =>
  [8, 20, 48].map((lanes) => ({ name, lanes })),
);

describe.each(cases)('$name of $lanes lanes', ({ name, lanes }) => {
  it('is the same in WebAssembly and JavaScript but for rounding', () => {
    const assembly = runs[name](new Arrays('webassembly'), lanes, (items) => [items]);
    const script = runs[name](new Arrays('javascript'), lanes, (items) => [items]);
    expect(assembly.length).toBe(script.length);
    let most = 0;
    for (const [at, value] of assembly.entries()) {
      const error = Math.abs(value - (script[at] as number));
      if (!(error <= most)) most = error;
    }
    expect(most).toBeLessThan(5e-5);
    expect(assembly.some((value) => Math.abs(value) > 0.1)).toBe(true);
  });

  it.each(engines)('%s: ranges do not change a bit', (engine) => {
    const whole = runs[name](new Arrays(engine), lanes, (items) => [items]);
    const cut = runs[name](new Arrays(engine), lanes, (items) => [
      1,
      3,
      items >> 1,
      items - 5,
      items,
    ]);
    expect(new Uint32Array(cut.slice().buffer)).toEqual(new Uint32Array(whole.slice().buffer));
  });
});
