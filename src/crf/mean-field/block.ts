import { type WasmMemory, wasmKernels, wasmMemory } from '../wasm/wasm-kernels.js';
import { javascriptKernels } from './javascript-kernels.js';
import type { Kernels } from './kernels.js';

/** What computes the inner loops: WebAssembly takes a third to a quarter of the time. */
export type CrfEngine = 'webassembly' | 'javascript';

/** The memory of all arrays of a mean field; can be sent to other threads where it is shared. */
export type Block =
  | { readonly engine: 'webassembly'; readonly memory: WasmMemory }
  | { readonly engine: 'javascript'; readonly memory: { readonly buffer: ArrayBufferLike } };

/**
 * @param engine what is asked for; WebAssembly where it can be had by default.
 * @throws RangeError where that much memory cannot be had.
 */
export function allocateBlock(bytes: number, shared: boolean, engine?: CrfEngine): Block {
  const memory = engine === 'javascript' ? undefined : wasmMemory(bytes, shared);
  if (memory !== undefined) return { engine: 'webassembly', memory };
  const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  return { engine: 'javascript', memory: { buffer } };
}

export function kernelsOf(block: Block): Kernels {
  return block.engine === 'webassembly' ? wasmKernels(block.memory) : javascriptKernels;
}
