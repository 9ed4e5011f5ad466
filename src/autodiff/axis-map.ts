import type { Shape } from '../core/tensor.js';
import type { Value } from '../graph/graph.js';
import type { GradientCall } from './gradient-rule.js';

/** One term of a weighted sum along an axis. */
export interface Tap {
  readonly from: number;
  readonly weight: number;
}

/**
 * A linear map of one axis: element i of the result is the sum of the taps of entry i. Resizing,
 * padding by repetition and average pooling are such maps, one for each axis.
 */
export interface AxisMap {
  readonly axis: number;
  /** Size of the axis before. */
  readonly size: number;
  readonly taps: readonly (readonly Tap[])[];
}

/** Position, moved to the nearest that an axis of this size has. */
export function clampedTo(size: number, position: number): number {
  return Math.min(Math.max(position, 0), size - 1);
}

/** dx = M^T dy for y = M x along each axis in turn: one product with a constant matrix for each. */
export function throughAxisMaps(call: GradientCall, maps: readonly AxisMap[]): Value {
  return maps.reduce((gradient, map) => transposedMap(call, gradient, map), call.gradient);
}

function transposedMap(call: GradientCall, value: Value, { axis, size, taps }: AxisMap): Value {
  const { shape } = value;
  const last = axis === shape.length - 1;
  const matrix = new Float64Array(taps.length * size);
  taps.forEach((row, to) => {
    for (const { from, weight } of row) {
      // [to, from] where the product is with rows, [from, to] where it is with columns.
      const at = last ? to * size + from : from * taps.length + to;
      matrix[at] = (matrix[at] ?? 0) + weight;
    }
  });
  if (last) {
    return call.add('MatMul', [value, call.numbers([taps.length, size], matrix)], {});
  }
  const columns = merged(shape, axis);
  const product = call.add(
    'MatMul',
    [call.numbers([size, taps.length], matrix), call.reshape(value, columns)],
    {},
  );
  return call.reshape(product, shape.with(axis, size));
}

/** The shape with all axes behind one made into a single axis. */
function merged(shape: Shape, axis: number): Shape {
  const behind = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return [...shape.slice(0, axis + 1), behind];
}
