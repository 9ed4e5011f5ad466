import { type DType, type ElementArrays, elementArrays } from './dtype.js';
import { GraphError } from './errors.js';

/** Sizes of a tensor's axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** A dense array in row-major order. */
export interface TensorOf<T extends DType> {
  readonly dtype: T;
  readonly shape: Shape;
  readonly data: ElementArrays[T];
}

/** A tensor of any element type, discriminated by `dtype`. */
export type Tensor = { [T in DType]: TensorOf<T> }[DType];

/** Number of elements that a shape holds; 1 for a scalar. */
export function elementCount(shape: Shape): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** A shape as people write it, for messages: `[1, 3, 257, 257]`. */
export function formatShape(shape: Shape): string {
  const most = 12;
  const shown = shape.slice(0, most).join(', ');
  return shape.length > most ? `[${shown}, … ${shape.length} axes]` : `[${shown}]`;
}

/** Whether two shapes have the same axes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/**
 * Wraps an array as a tensor without copying it.
 *
 * @throws GraphError where the array's length is not the product of the shape.
 */
export function tensor<T extends DType>(
  dtype: T,
  shape: Shape,
  data: ElementArrays[T],
): TensorOf<T> & Tensor {
  const expected = elementCount(shape);
  if (data.length !== expected) {
    throw new GraphError({
      place: `tensor ${dtype}${formatShape(shape)}`,
      problem: 'the array does not fill the shape',
      expected: `${expected} elements`,
      found: `${data.length}`,
    });
  }
  return { dtype, shape, data } as TensorOf<T> & Tensor;
}

/** A tensor of zeros. */
export function zeros<T extends DType>(dtype: T, shape: Shape): TensorOf<T> & Tensor {
  const data = new elementArrays[dtype](elementCount(shape)) as ElementArrays[T];
  return tensor(dtype, shape, data);
}

/** A float32 tensor from plain numbers. */
export function float32(shape: Shape, values: ArrayLike<number>): TensorOf<'float32'> & Tensor {
  return tensor('float32', shape, Float32Array.from(values));
}

/**
 * An int64 tensor from plain numbers, as shape operators want them; a vector unless told.
 *
 * @throws GraphError where a number is not whole.
 */
export function int64(
  values: readonly number[],
  shape: Shape = [values.length],
): TensorOf<'int64'> & Tensor {
  const broken = values.find((value) => !Number.isInteger(value));
  if (broken !== undefined) {
    throw new GraphError({
      place: `tensor int64${formatShape(shape)}`,
      problem: 'a number is not whole',
      found: `${broken}`,
    });
  }
  return tensor('int64', shape, BigInt64Array.from(values, BigInt));
}

/** The elements as plain numbers; float16 is widened, 64-bit integers lose digits beyond 2^53. */
export function toNumbers(source: Tensor): number[] {
  switch (source.dtype) {
    case 'int64':
    case 'uint64':
      return Array.from(source.data, Number);
    case 'float16':
      return Array.from(source.data, float16ToNumber);
    default:
      return Array.from(source.data);
  }
}

/** Value of an IEEE 754 half-precision number from its 16 bits. */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The largest half-precision number. */
export const greatestFloat16 = 65_504;

/** The 16 bits of the half-precision number nearest to a number; ties go to the even one. */
export function numberToFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // Steps are 1024ths of the power of two at or below the number, of 2^-14 for smaller ones.
  let power = -14;
  while (size >= 2 ** (power + 1)) power++;
  const steps = roundToEven(size / 2 ** (power - 10));
  // 1024 steps set the exponent's lowest bit; rounding up to 2048 carries into the next.
  return sign | ((power + 14) * 1024 + steps);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
