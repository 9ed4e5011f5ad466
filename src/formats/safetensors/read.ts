import { UnsupportedError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { quotedName } from '../quoted-name.js';
import { widenBfloat16, wrapElements } from '../raw-elements.js';
import { readHeader, type TensorEntry } from './header.js';

/** The content of a safetensors file. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Free text by name, such as who wrote the file and why. */
  readonly metadata: ReadonlyMap<string, string>;
}

export interface ReadSafetensorsOptions {
  /** Read bfloat16 tensors as float32; without it such a file is refused. */
  readonly widenBfloat16?: boolean;
}

/**
 * Reads the bytes of a safetensors file; tensors come in the order of their data.
 *
 * Tensors share the memory of `bytes` where they are aligned for their type, as they are in files
 * from the usual writers: do not change or transfer `bytes` while tensors are in use. `place` names
 * the file in errors.
 *
 * @throws FormatError where the bytes are not a sound safetensors file, UnsupportedError for
 * element types that no tensor holds.
 */
export function readSafetensors(
  bytes: Uint8Array,
  place: string,
  options: ReadSafetensorsOptions = {},
): Safetensors {
  const { entries, metadata } = readHeader(bytes, place);
  const tensors = new Map<string, Tensor>();
  for (const entry of entries) {
    tensors.set(entry.name, readTensor(entry, bytes, place, options));
  }
  return { tensors, metadata };
}

function readTensor(
  { name, type, shape, begin, end }: TensorEntry,
  bytes: Uint8Array,
  place: string,
  options: ReadSafetensorsOptions,
): Tensor {
  const raw = bytes.subarray(begin, end);
  if (type !== 'bfloat16') return { dtype: type, shape, data: wrapElements(raw, type) } as Tensor;
  if (options.widenBfloat16 !== true) {
    throw new UnsupportedError({
      place: `${place}, tensor ${quotedName(name)}`,
      problem: 'elements of type BF16 are only read when they may be widened to float32',
      fix: 'read the file with widenBfloat16: true',
    });
  }
  return { dtype: 'float32', shape, data: widenBfloat16(raw) };
}
