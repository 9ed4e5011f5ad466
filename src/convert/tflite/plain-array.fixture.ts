import type { DType } from '../../core/dtype.js';
import type { Random } from '../../core/random.js';
import { elementCount, type Shape, type Tensor, toNumbers } from '../../core/tensor.js';
import { fromNumbers } from '../../graph/constants/strided.js';

/** Numbers in row-major order: what the reference loops compute on. */
export interface PlainArray {
  readonly shape: Shape;
  readonly numbers: readonly number[];
}

/** An array whose elements are told by their position. */
export function arrayOf(shape: Shape, numberAt: (index: readonly number[]) => number): PlainArray {
  const index = shape.map(() => 0);
  const numbers = Array.from({ length: elementCount(shape) }, (_, element) => {
    let rest = element;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      index[axis] = rest % size;
      rest = Math.floor(rest / size);
    }
    return numberAt(index);
  });
  return { shape, numbers };
}

/** The element at a position; 0 outside. */
export function at({ shape, numbers }: PlainArray, ...index: readonly number[]): number {
  let element = 0;
  for (const [axis, size] of shape.entries()) {
    const own = index[axis] ?? 0;
    if (own < 0 || own >= size) return 0;
    element = element * size + own;
  }
  return numbers[element] ?? 0;
}

/** The element that is read at a position of a larger array when axes of size 1 stretch. */
export function stretched(array: PlainArray, index: readonly number[]): number {
  const own = array.shape.map((size, axis) =>
    size === 1 ? 0 : (index[axis + index.length - array.shape.length] ?? 0),
  );
  return at(array, ...own);
}

export function asTensor({ shape, numbers }: PlainArray, dtype: DType = 'float32'): Tensor {
  return fromNumbers(dtype, shape, numbers);
}

export function asArray(tensor: Tensor): PlainArray {
  return { shape: tensor.shape, numbers: toNumbers(tensor) };
}

/** Numbers between -2 and 2, as float32 holds them. */
export function randomArray(random: Random, shape: Shape): PlainArray {
  return arrayOf(shape, () => Math.fround(4 * random.uniform() - 2));
}

/** Numbers between 0.1 and 2.1. */
export function positiveArray(random: Random, shape: Shape): PlainArray {
  return arrayOf(shape, () => Math.fround(2 * random.uniform() + 0.1));
}
