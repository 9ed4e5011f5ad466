import type { DType } from '../core/dtype.js';

/** Numbers of the element types in ONNX (TensorProto.DataType). */
export const onnxDtypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
} as const satisfies Record<DType, number>;

const byNumber = new Map<number, DType>(
  Object.entries(onnxDtypes).map(([dtype, number]) => [number, dtype as DType]),
);

/** Element type behind an ONNX number, or `undefined` for those that no tensor here can hold. */
export function dtypeOfOnnx(number: number): DType | undefined {
  return byNumber.get(number);
}
