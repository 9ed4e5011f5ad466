import type { SplatRows } from '../lattice/splat-rows.js';

/**
 * Sums the pixels' values at the lattice points from `from` to `to`.
 *
 * @param beliefs `[pixels, lanes]`
 * @param lanes a multiple of 4.
 * @param values `[points, lanes]`, overwritten at these points.
 */
export function splatRows(
  rows: SplatRows,
  beliefs: Float32Array,
  lanes: number,
  values: Float32Array,
  from: number,
  to: number,
): void {
  const { start, pixel, weight } = rows;
  let end = start[from] as number;
  for (let point = from; point < to; point++) {
    const first = end;
    end = start[point + 1] as number;
    for (let lane = 0, out = point * lanes; lane < lanes; lane += 4, out += 4) {
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let entry = first; entry < end; entry++) {
        const share = weight[entry] as number;
        const at = (pixel[entry] as number) * lanes + lane;
        sum0 += share * (beliefs[at] as number);
        sum1 += share * (beliefs[at + 1] as number);
        sum2 += share * (beliefs[at + 2] as number);
        sum3 += share * (beliefs[at + 3] as number);
      }
      values[out] = sum0;
      values[out + 1] = sum1;
      values[out + 2] = sum2;
      values[out + 3] = sum3;
    }
  }
}

/** Writes the mean of the two orders' values of points `from` to `to` into the first. */
export function mergeOrders(
  values: Float32Array,
  mirror: Float32Array,
  lanes: number,
  from: number,
  to: number,
): void {
  for (let at = from * lanes; at < to * lanes; at++) {
    values[at] = 0.5 * ((values[at] as number) + (mirror[at] as number));
  }
}
