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
