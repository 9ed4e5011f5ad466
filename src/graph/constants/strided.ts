import {
  bytesPerElement,
  type DType,
  type ElementArray,
  elementArrays,
  isBigInt,
} from '../../core/dtype.js';
import { GraphError } from '../../core/errors.js';
import {
  elementCount,
  numberToFloat16,
  type Shape,
  type Tensor,
  tensor,
} from '../../core/tensor.js';

/** Elements picked out of an array by a step per axis. */
export interface StridedView {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Steps between neighbours along each axis of a dense row-major array. */
export function denseStrides(shape: Shape): readonly number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] ?? 1;
  }
  return strides;
}

/** Positions in the source array, in the row-major order of the view. */
export function positionsOf(view: StridedView): Int32Array {
  const { shape, strides } = view;
  const positions = new Int32Array(elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  let position = view.offset;
  for (let element = 0; element < positions.length; element++) {
    positions[element] = position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      position += stride;
      if (next < size) {
        index[axis] = next;
        break;
      }
      position -= next * stride;
      index[axis] = 0;
    }
  }
  return positions;
}

/** A dense tensor of the elements that a view picks. */
export function gatherView(source: Tensor, view: StridedView): Tensor {
  return pick(source, view.shape, positionsOf(view));
}

/** A tensor of the elements at given positions of another's array. */
export function pick(source: Tensor, shape: Shape, positions: Int32Array): Tensor {
  switch (source.dtype) {
    case 'int64':
      return tensor(
        'int64',
        shape,
        BigInt64Array.from(positions, (at) => source.data[at] ?? 0n),
      );
    case 'uint64':
      return tensor(
        'uint64',
        shape,
        BigUint64Array.from(positions, (at) => source.data[at] ?? 0n),
      );
    default: {
      const picked = new elementArrays[source.dtype](positions.length);
      for (let element = 0; element < positions.length; element++) {
        picked[element] = source.data[positions[element] ?? 0] ?? 0;
      }
      return tensor(source.dtype, shape, picked as never);
    }
  }
}

/** Steps that read a tensor as if it were broadcast to a larger shape. */
export function broadcastStrides(from: Shape, to: Shape): readonly number[] {
  const dense = denseStrides(from);
  return to.map((_, axis) => {
    const own = axis - to.length + from.length;
    return own < 0 || from[own] === 1 ? 0 : (dense[own] ?? 0);
  });
}

/** Least and greatest number that a type of whole numbers holds. */
export function wholeRange(dtype: DType): readonly [least: number, greatest: number] {
  if (dtype === 'bool') return [0, 1];
  const bits = 8 * bytesPerElement(dtype);
  return dtype.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/**
 * A tensor of any element type from plain numbers; integers are truncated towards zero.
 *
 * @throws GraphError where a number is not finite and the type is one of 64-bit integers.
 */
export function fromNumbers(dtype: DType, shape: Shape, numbers: readonly number[]): Tensor {
  return tensor(dtype, shape, elementsOf(dtype, numbers) as never);
}

function elementsOf(dtype: DType, numbers: readonly number[]): ElementArray {
  if (isBigInt(dtype)) {
    const broken = numbers.find((value) => !Number.isFinite(value));
    if (broken !== undefined) {
      const problem = 'a number is not finite';
      throw new GraphError({ place: `tensor of ${dtype}`, problem, found: `${broken}` });
    }
    return elementArrays[dtype].from(numbers.map((value) => BigInt(Math.trunc(value))));
  }
  return elementArrays[dtype].from(dtype === 'float16' ? numbers.map(numberToFloat16) : numbers);
}
