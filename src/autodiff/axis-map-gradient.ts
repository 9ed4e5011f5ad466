import type { Shape } from '../core/tensor.js';
import { type AxisMap, axisMatrix } from '../graph/axis-map.js';
import type { Value } from '../graph/graph.js';
import type { GradientCall } from './gradient-rule.js';

/** The map of one of a tensor's axes. */
export interface TensorAxisMap extends AxisMap {
  readonly axis: number;
}

/** dx = M^T dy for y = M x along each axis in turn: one product with a constant matrix for each. */
export function throughAxisMaps(call: GradientCall, maps: readonly TensorAxisMap[]): Value {
  return maps.reduce((gradient, map) => transposedMap(call, gradient, map), call.gradient);
}

function transposedMap(call: GradientCall, value: Value, map: TensorAxisMap): Value {
  const { shape } = value;
  const { axis, size, taps } = map;
  if (axis === shape.length - 1) {
    const matrix = call.numbers([taps.length, size], axisMatrix(map));
    return call.add('MatMul', [value, matrix], {});
  }
  const matrix = call.numbers([size, taps.length], axisMatrix(map, 'transposed'));
  const product = call.add('MatMul', [matrix, call.reshape(value, merged(shape, axis))], {});
  return call.reshape(product, shape.with(axis, size));
}

/** The shape with all axes behind one made into a single axis. */
function merged(shape: Shape, axis: number): Shape {
  const behind = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  return [...shape.slice(0, axis + 1), behind];
}
