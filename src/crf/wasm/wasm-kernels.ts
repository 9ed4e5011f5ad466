import type { SplatRows } from '../lattice/splat-rows.js';
import type { Kernels, Slicing } from '../mean-field/kernels.js';
import { kernelsBinary } from './binary.js';

/** A `WebAssembly.Memory`. */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
}

/** What this file uses of the `WebAssembly` of Node and browsers. */
interface WasmPlatform {
  readonly Memory: new (limits: {
    initial: number;
    maximum: number;
    shared: boolean;
  }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: WasmMemory } },
  ) => { readonly exports: unknown };
}

/** The functions of kernels.as; arrays are addresses. */
interface KernelExports {
  splat(...operands: number[]): void;
  blur(...operands: number[]): void;
  merge(...operands: number[]): void;
  slice(...operands: number[]): void;
  weigh(...operands: number[]): void;
  softmax(...operands: number[]): void;
}

const pageBytes = 65_536;
/** 4 GiB, the most that addresses of 32 bits reach. */
const mostPages = 65_536;

/**
 * Memory for arrays that WebAssembly is to work on, or undefined where it cannot: on a platform
 * without WebAssembly SIMD, on a page that forbids it, or beyond 4 GiB.
 *
 * @throws RangeError where that much memory cannot be had.
 */
export function wasmMemory(bytes: number, shared: boolean): WasmMemory | undefined {
  const pages = Math.max(1, Math.ceil(bytes / pageBytes));
  const platform = wasmPlatform();
  if (platform === undefined || pages > mostPages || !compiles(platform)) return undefined;
  return new platform.Memory({ initial: pages, maximum: pages, shared });
}

/** The inner loops in WebAssembly, over arrays that all lie in this memory. */
export function wasmKernels(memory: WasmMemory): Kernels {
  const platform = wasmPlatform();
  if (platform === undefined) throw new TypeError('no WebAssembly');
  const shared = !(memory.buffer instanceof ArrayBuffer);
  const module = new platform.Module(moduleBytes(shared));
  const instance = new platform.Instance(module, { env: { memory } });
  const exports = instance.exports as KernelExports;
  return {
    splat: ({ start, pixel, weight }: SplatRows, beliefs, lanes, values, from, to) =>
      exports.splat(
        start.byteOffset,
        pixel.byteOffset,
        weight.byteOffset,
        beliefs.byteOffset,
        lanes,
        values.byteOffset,
        from,
        to,
      ),
    blur: (chains, values, lanes, from, to) =>
      exports.blur(chains.byteOffset, values.byteOffset, lanes, from, to),
    merge: (values, mirror, from, to) =>
      exports.merge(values.byteOffset, mirror.byteOffset, from, to),
    slice: (term: Slicing, lanes, from, to, sums) =>
      exports.slice(
        term.vertices.byteOffset,
        term.slice.byteOffset,
        term.sides,
        term.total.byteOffset,
        term.values.byteOffset,
        lanes,
        from,
        to,
        sums.byteOffset,
      ),
    weigh: (costs, sums, width, rows, ratings) =>
      exports.weigh(costs.byteOffset, sums.byteOffset, width, rows, ratings.byteOffset),
    softmax: (ratings, energies, width, from, to, out, stride) =>
      exports.softmax(
        ratings.byteOffset,
        energies.byteOffset,
        width,
        from,
        to,
        out.byteOffset,
        stride,
      ),
  };
}

function wasmPlatform(): WasmPlatform | undefined {
  return (globalThis as { WebAssembly?: WasmPlatform }).WebAssembly;
}

let compilation: boolean | undefined;

function compiles(platform: WasmPlatform): boolean {
  if (compilation === undefined) {
    try {
      new platform.Module(moduleBytes(false));
      compilation = true;
    } catch {
      compilation = false;
    }
  }
  return compilation;
}

/**
 * The module, which says of the memory that it imports whether it is shared: one bit of the limits'
 * flags, after the import's name and kind (WebAssembly core specification, 5.5.5).
 */
function moduleBytes(shared: boolean): Uint8Array {
  const bytes = Uint8Array.from(atob(kernelsBinary), (character) => character.charCodeAt(0));
  if (!shared) return bytes;
  const name = 'memory';
  const kind = 2;
  const hasMaximum = 1;
  for (let at = 0; at + name.length + 1 < bytes.length; at++) {
    const text = String.fromCharCode(...bytes.subarray(at, at + name.length));
    const flags = at + name.length + 1;
    if (text === name && bytes[flags - 1] === kind && bytes[flags] === hasMaximum) {
      bytes[flags] = hasMaximum | 2;
      break;
    }
  }
  return bytes;
}
