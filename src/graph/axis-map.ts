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
  /** Size of the axis before. */
  readonly size: number;
  readonly taps: readonly (readonly Tap[])[];
}

/** Position, moved to the nearest that an axis of this size has. */
export function clampedTo(size: number, position: number): number {
  return Math.min(Math.max(position, 0), size - 1);
}

/** Linear interpolation at a position of an axis; beyond an end it is the element at that end. */
export function linearTaps(size: number, position: number): readonly Tap[] {
  const inside = clampedTo(size, position);
  const lower = Math.floor(inside);
  const weight = inside - lower;
  return [
    { from: lower, weight: 1 - weight },
    { from: clampedTo(size, lower + 1), weight },
  ];
}

/** The map as a dense matrix: `[result, axis]`, or its transpose `[axis, result]`. */
export function axisMatrix(
  { size, taps }: AxisMap,
  order: 'straight' | 'transposed' = 'straight',
): Float64Array {
  const matrix = new Float64Array(taps.length * size);
  taps.forEach((row, to) => {
    for (const { from, weight } of row) {
      const at = order === 'straight' ? to * size + from : from * taps.length + to;
      matrix[at] = (matrix[at] ?? 0) + weight;
    }
  });
  return matrix;
}
