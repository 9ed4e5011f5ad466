import { type DType, elementArrays } from '../../core/dtype.js';

/** Element types of TensorFlow Lite by their number in a file; those of ours by our name. */
export const elementTypes = [
  'float32',
  'float16',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  'complex64',
  'int8',
  'float64',
  'complex128',
  'uint64',
  'resource',
  'variant',
  'uint32',
  'uint16',
  'int4',
  'bfloat16',
  'int2',
  'uint4',
  'float8_e4m3fn',
  'float8_e5m2',
] as const;

/** Any element type a TensorFlow Lite file can name. */
export type TfliteDType = (typeof elementTypes)[number];

/** An element type that a file can name but no tensor of ours can hold. */
export type UnsupportedDType = Exclude<TfliteDType, DType>;

/** Whether a tensor of ours can hold this type. */
export function isHeld(dtype: TfliteDType): dtype is DType {
  return Object.hasOwn(elementArrays, dtype);
}
