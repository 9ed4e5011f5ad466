import { bytesPerElement, type DType, type ElementArray, elementArrays } from '../core/dtype.js';

/**
 * Little-endian bytes as the array of an element type.
 *
 * The array shares the memory of `raw` where that is aligned for the type, else it is a copy.
 * `raw` must hold a whole number of elements.
 */
export function wrapElements(raw: Uint8Array, dtype: DType): ElementArray {
  const size = bytesPerElement(dtype);
  const aligned = raw.byteOffset % size === 0 ? raw : new Uint8Array(raw);
  const buffer = aligned.buffer as ArrayBuffer;
  return new elementArrays[dtype](buffer, aligned.byteOffset, aligned.byteLength / size);
}

/** Numbers in bfloat16, two little-endian bytes each, as float32: exact, it is the upper half. */
export function widenBfloat16(raw: Uint8Array): Float32Array {
  const halves = wrapElements(raw, 'uint16') as Uint16Array;
  const words = new Uint32Array(halves.length);
  for (let at = 0; at < halves.length; at++) words[at] = (halves[at] as number) << 16;
  return new Float32Array(words.buffer);
}
