/**
 * The lattice points along one axis, as chains of neighbours.
 *
 * A list of point numbers in which each is followed by its neighbour; the last one of a chain is
 * written as its complement (`~point`). Points without neighbours on the axis are left out: the
 * blur does not change them. A chain can be blurred in place, with each value read and written
 * once, and chains are independent of each other.
 */
export type Chains = Int32Array;

/**
 * Chains of the points whose next neighbours are given (-1 for none), in the order of their first
 * points.
 *
 * @param next overwritten.
 * @param allocate makes the list; its length is known only here.
 */
export function chainsOf(next: Int32Array, allocate: (length: number) => Int32Array): Chains {
  const hasPrevious = new Uint8Array(next.length);
  let links = 0;
  for (let point = 0; point < next.length; point++) {
    const neighbour = next[point] as number;
    if (neighbour < 0) continue;
    hasPrevious[neighbour] = 1;
    links++;
  }
  let count = 0;
  for (let point = 0; point < next.length; point++) {
    if ((next[point] as number) >= 0 && hasPrevious[point] === 0) count++;
  }
  const chains = allocate(links + count);
  let end = 0;
  for (let first = 0; first < next.length; first++) {
    if ((next[first] as number) < 0 || hasPrevious[first] === 1) continue;
    let point = first;
    for (;;) {
      const neighbour = next[point] as number;
      if (neighbour < 0) break;
      chains[end++] = point;
      point = neighbour;
    }
    chains[end++] = ~point;
  }
  return chains;
}

/**
 * Blurs `lanes` values at each point with [1/2, 1, 1/2] along the chains that begin from position
 * `from` of the list on and before `to`.
 *
 * @param values of all points, changed in place.
 * @param lanes values at a point, a multiple of 4.
 */
export function blurChains(
  chains: Chains,
  values: Float32Array,
  lanes: number,
  from: number,
  to: number,
): void {
  let start = from;
  // A chain that began earlier belongs to the range before.
  if (start > 0) while (start < to && (chains[start - 1] as number) >= 0) start++;
  while (start < to) {
    let end = start;
    for (let lane = 0; lane < lanes; lane += 4) {
      let entry = chains[start] as number;
      let at = entry * lanes + lane;
      let previous0 = 0;
      let previous1 = 0;
      let previous2 = 0;
      let previous3 = 0;
      let value0 = values[at] as number;
      let value1 = values[at + 1] as number;
      let value2 = values[at + 2] as number;
      let value3 = values[at + 3] as number;
      end = start + 1;
      do {
        entry = chains[end++] as number;
        const next = (entry < 0 ? ~entry : entry) * lanes + lane;
        const next0 = values[next] as number;
        const next1 = values[next + 1] as number;
        const next2 = values[next + 2] as number;
        const next3 = values[next + 3] as number;
        values[at] = value0 + 0.5 * (previous0 + next0);
        values[at + 1] = value1 + 0.5 * (previous1 + next1);
        values[at + 2] = value2 + 0.5 * (previous2 + next2);
        values[at + 3] = value3 + 0.5 * (previous3 + next3);
        previous0 = value0;
        previous1 = value1;
        previous2 = value2;
        previous3 = value3;
        value0 = next0;
        value1 = next1;
        value2 = next2;
        value3 = next3;
        at = next;
      } while (entry >= 0);
      values[at] = value0 + 0.5 * previous0;
      values[at + 1] = value1 + 0.5 * previous1;
      values[at + 2] = value2 + 0.5 * previous2;
      values[at + 3] = value3 + 0.5 * previous3;
    }
    start = end;
  }
}
