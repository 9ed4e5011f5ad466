/**
 * For each lattice point, the pixels that splat onto it: the transpose of the pixels' vertices.
 *
 * With it splatting is a gather, in which every point's sum has one fixed order however the points
 * are shared between threads.
 */
export interface SplatRows {
  /** Where each point's entries start, and the end of the last; points + 1 numbers. */
  readonly start: Int32Array;
  /** Pixels in ascending order within a point. */
  readonly pixel: Int32Array;
  readonly weight: Float32Array;
}

/**
 * @param vertices lattice points of each pixel, `sides` for each.
 * @param weights of each pixel for these points.
 * @param rows filled: the arrays must fit.
 */
export function fillSplatRows(
  vertices: Int32Array,
  weights: Float32Array,
  sides: number,
  rows: SplatRows,
): void {
  const { start, pixel, weight } = rows;
  start.fill(0);
  for (let entry = 0; entry < vertices.length; entry++) {
    const point = vertices[entry] as number;
    start[point + 1] = (start[point + 1] as number) + 1;
  }
  for (let point = 1; point < start.length; point++) {
    start[point] = (start[point] as number) + (start[point - 1] as number);
  }
  const next = start.slice();
  for (let entry = 0, column = 0; entry < vertices.length; column++) {
    for (let side = 0; side < sides; side++, entry++) {
      const point = vertices[entry] as number;
      const place = next[point] as number;
      next[point] = place + 1;
      pixel[place] = column;
      weight[place] = weights[entry] as number;
    }
  }
}
