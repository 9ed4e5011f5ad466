/** The typed array that holds each element type; float16 is stored as its 16 bits. */
export interface ElementArrays {
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly float16: Uint16Array;
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly uint16: Uint16Array;
  readonly int16: Int16Array;
  readonly uint32: Uint32Array;
  readonly int32: Int32Array;
  readonly uint64: BigUint64Array;
  readonly int64: BigInt64Array;
  readonly bool: Uint8Array;
}

/** Name of a tensor's element type, as ONNX spells it. */
export type DType = keyof ElementArrays;

/** Any array that can back a tensor. */
export type ElementArray = ElementArrays[DType];

/** Constructor of the array behind each element type. */
export const elementArrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const satisfies { [T in DType]: unknown };

/** Bytes that one element takes. */
export function bytesPerElement(dtype: DType): number {
  return elementArrays[dtype].BYTES_PER_ELEMENT;
}

/** Whether elements of this type are read from their array as `bigint`. */
export function isBigInt(dtype: DType): dtype is 'int64' | 'uint64' {
  return dtype === 'int64' || dtype === 'uint64';
}

/** Whether this is a floating-point type. */
export function isFloat(dtype: DType): dtype is 'float16' | 'float32' | 'float64' {
  return dtype === 'float16' || dtype === 'float32' || dtype === 'float64';
}
