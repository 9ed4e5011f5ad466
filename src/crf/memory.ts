/** Makes the arrays of the CRF, all zero: in memory of one thread or shared between several. */
export interface Memory {
  int32(length: number): Int32Array;
  float32(length: number): Float32Array;
}

export const privateMemory: Memory = {
  int32: (length) => new Int32Array(length),
  float32: (length) => new Float32Array(length),
};

/** Arrays over SharedArrayBuffers, where the platform has them. */
export const sharedMemory: Memory = {
  int32: (length) => new Int32Array(new SharedArrayBuffer(length * 4)),
  float32: (length) => new Float32Array(new SharedArrayBuffer(length * 4)),
};
