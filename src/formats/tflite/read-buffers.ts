import { bytesPerElement, type DType, type ElementArray, elementArrays } from '../../core/dtype.js';
import type { FlatbufferFile, TableView } from './flatbuffer-view.js';
import type { bufferSchema } from './schema.js';

/** Bytes by their position in the file's list of buffers. */
export class BufferTable {
  readonly #file: FlatbufferFile;
  readonly #buffers: readonly TableView<typeof bufferSchema>[];

  constructor(file: FlatbufferFile, buffers: readonly TableView<typeof bufferSchema>[]) {
    this.#file = file;
    this.#buffers = buffers;
  }

  /**
   * A view of one buffer's bytes; undefined where it has none, as the buffers of computed tensors.
   *
   * @param path What refers to the buffer, for the error if there is no such buffer.
   */
  bytes(index: number, path: string): Uint8Array | undefined {
    const buffer = this.#buffers[index];
    if (buffer === undefined) {
      // Buffer 0 stands for "no data", even in a file that lists no buffers.
      if (index === 0) return undefined;
      throw this.#file.fail(path, 'is not a buffer', `below ${this.#buffers.length}`, `${index}`);
    }
    const offset = buffer.read('offset');
    if (offset > 1) return outsideBytes(this.#file, offset, buffer.read('size'), buffer.path);
    return buffer.read('data');
  }
}

/** A range of the file that lies outside the flatbuffer proper. */
export function outsideBytes(
  file: FlatbufferFile,
  offset: number,
  size: number,
  path: string,
): Uint8Array {
  file.verify(offset, size, path);
  return file.bytes.subarray(offset, offset + size);
}

/** The bytes as elements of a type: a view where they are aligned for it, else a copy. */
export function elementsOf(
  file: FlatbufferFile,
  dtype: DType,
  bytes: Uint8Array,
  path: string,
): ElementArray {
  const width = bytesPerElement(dtype);
  const length = bytes.length / width;
  const array: new (buffer: ArrayBufferLike, offset: number, length: number) => ElementArray =
    elementArrays[dtype];
  if (bytes.byteOffset % width === 0) return new array(bytes.buffer, bytes.byteOffset, length);
  file.spend(bytes.length, path);
  return new array(bytes.slice().buffer, 0, length);
}
