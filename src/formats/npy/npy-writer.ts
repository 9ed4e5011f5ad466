import type { DType } from '../../core/dtype.js';
import type { Tensor } from '../../core/tensor.js';

/** NumPy's name of each element type; `<` is little-endian, which every JavaScript engine is. */
const descriptions: Readonly<Record<DType, string>> = {
  float32: '<f4',
  float64: '<f8',
  float16: '<f2',
  uint8: '|u1',
  int8: '|i1',
  uint16: '<u2',
  int16: '<i2',
  uint32: '<u4',
  int32: '<i4',
  uint64: '<u8',
  int64: '<i8',
  bool: '|b1',
};

/** Bytes before the header's text: magic string, version 1.0, text length. */
const preludeLength = 10;

/** NumPy aligns the elements to this many bytes, so that files can be mapped into memory. */
const alignment = 64;

/**
 * A tensor as the bytes of a NumPy `.npy` file, version 1.0, row-major (numpy.lib.format).
 *
 * Read it back in Python with `numpy.load(path)`.
 */
export function encodeNpy(source: Tensor): Uint8Array {
  const { dtype, shape, data } = source;
  // A tuple of one needs its comma.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const entries = `{'descr': '${descriptions[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const unpadded = preludeLength + entries.length + 1;
  const elementStart = Math.ceil(unpadded / alignment) * alignment;
  const header = `${entries}${' '.repeat(elementStart - unpadded)}\n`;

  const bytes = new Uint8Array(elementStart + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0]);
  new DataView(bytes.buffer).setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), preludeLength);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), elementStart);
  return bytes;
}
