import type { DType } from '../../core/dtype.js';

/** Groups of element types by which ONNX's operators say what they take. */

export const floating: readonly DType[] = ['float32', 'float64', 'float16'];

export const numeric: readonly DType[] = [
  ...floating,
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
];

/** Numbers that may be negative. */
export const signed: readonly DType[] = [...floating, 'int8', 'int16', 'int32', 'int64'];

/** Numbers that products and sums are formed in. */
export const summable: readonly DType[] = [...floating, 'int32', 'int64', 'uint32', 'uint64'];

/** Numbers that extremes are found of. */
export const ordered: readonly DType[] = [...summable, 'int8', 'uint8'];

/** Numbers that quantised tensors are stored as. */
export const bytes: readonly DType[] = ['uint8', 'int8'];
