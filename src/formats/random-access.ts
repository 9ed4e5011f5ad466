/** A file of which any part can be read, such as an open file handle or a `Blob`. */
export interface RandomAccess {
  /** Length of the file in bytes. */
  readonly size: number;
  /** Reads exactly `length` bytes; callers stay within `size`. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Random access to bytes in memory; what it reads are views. */
export function bytesAccess(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}
