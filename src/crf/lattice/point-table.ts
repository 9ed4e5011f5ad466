import type { Memory } from '../memory.js';

/** Odd multipliers of the coordinates: the first 32 bits of the square roots of small primes. */
const multipliers = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef373, 0xa54ff53b, 0x510e527f, 0x9b05688d, 0x1f83d9ab, 0x5be0cd19,
].map((bits) => bits | 1);

const batch = 64;
const firstSlots = 4096;

export interface PointTableContents {
  readonly count: number;
  readonly keys: Int32Array;
  readonly hashes: Int32Array;
  readonly slots: Int32Array;
}

/**
 * Lattice points by their coordinates, numbered from 0 in the order of their insertion.
 *
 * A hash table with linear probing in flat arrays, at most two thirds full. The hash is linear in the
 * coordinates, so that the hash of a point at a known difference takes one addition.
 */
export class PointTable {
  readonly dimension: number;
  readonly #memory: Memory;
  #count: number;
  /** Coordinates, `dimension` for each point. */
  #keys: Int32Array;
  #hashes: Int32Array;
  /** Pairs of a point's hash and its number + 1; the latter is 0 where a slot is free. */
  #slots: Int32Array;

  /** @param contents what another table holds; an empty table by default. */
  constructor(dimension: number, memory: Memory, contents?: PointTableContents) {
    this.dimension = dimension;
    this.#memory = memory;
    this.#count = contents?.count ?? 0;
    this.#keys = contents?.keys ?? memory.int32(dimension * firstSlots);
    this.#hashes = contents?.hashes ?? memory.int32(firstSlots);
    this.#slots = contents?.slots ?? memory.int32(2 * firstSlots);
  }

  get count(): number {
    return this.#count;
  }

  /** Its arrays, for tables in other threads that only look up. */
  get contents(): PointTableContents {
    return { count: this.#count, keys: this.#keys, hashes: this.#hashes, slots: this.#slots };
  }

  /** The number of the point, which is inserted if it is new. */
  insert(coordinates: Int32Array, hash: number): number {
    const { dimension } = this;
    const slots = this.#slots;
    const keys = this.#keys;
    const mask = slots.length - 1;
    let slot = homeSlot(hash, mask);
    for (;;) {
      const point = (slots[slot + 1] as number) - 1;
      if (point < 0) break;
      if (slots[slot] === hash) {
        const key = point * dimension;
        let axis = 0;
        while (axis < dimension && keys[key + axis] === coordinates[axis]) axis++;
        if (axis === dimension) return point;
      }
      slot = (slot + 2) & mask;
    }
    const point = this.#count++;
    slots[slot] = hash;
    slots[slot + 1] = point + 1;
    this.#hashes[point] = hash;
    for (let axis = 0, key = point * dimension; axis < dimension; axis++) {
      keys[key + axis] = coordinates[axis] as number;
    }
    if (3 * this.#count >= slots.length) this.#grow();
    return point;
  }

  /**
   * The number of every point's neighbour at a difference of coordinates, or -1 where there is
   * none.
   */
  neighbours(difference: Int32Array): Int32Array {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const hashDifference = hashOf(difference, this.dimension);
    const result = new Int32Array(this.#count);
    const hashes = this.#hashes;
    const homes = new Int32Array(batch);
    const occupants = new Int32Array(batch);
    for (let first = 0; first < result.length; first += batch) {
      const end = Math.min(first + batch, result.length);
      // Slots lie all over the memory: reading a batch without a branch lets their loads overlap.
      for (let point = first; point < end; point++) {
        const hash = ((hashes[point] as number) + hashDifference) | 0;
        const slot = homeSlot(hash, mask);
        homes[point - first] = slot;
        occupants[point - first] = slots[slot + 1] as number;
      }
      for (let point = first; point < end; point++) {
        const hash = ((hashes[point] as number) + hashDifference) | 0;
        let slot = homes[point - first] as number;
        let other = (occupants[point - first] as number) - 1;
        while (other >= 0 && (slots[slot] !== hash || !this.#differBy(difference, point, other))) {
          slot = (slot + 2) & mask;
          other = (slots[slot + 1] as number) - 1;
        }
        result[point] = other;
      }
    }
    return result;
  }

  #differBy(difference: Int32Array, point: number, other: number): boolean {
    const { dimension } = this;
    const keys = this.#keys;
    const from = point * dimension;
    const to = other * dimension;
    for (let axis = 0; axis < dimension; axis++) {
      const coordinate = (keys[from + axis] as number) + (difference[axis] as number);
      if (keys[to + axis] !== coordinate) return false;
    }
    return true;
  }

  #grow(): void {
    const keys = this.#memory.int32(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
    const hashes = this.#memory.int32(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const slots = this.#memory.int32(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let point = 0; point < this.#count; point++) {
      const hash = hashes[point] as number;
      let slot = homeSlot(hash, mask);
      while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
      slots[slot] = hash;
      slots[slot + 1] = point + 1;
    }
    this.#slots = slots;
  }
}

/**
 * The hash of coordinates, linear in them: the hash of a difference is the difference of the
 * hashes, modulo 2^32.
 */
export function hashOf(coordinates: Int32Array, dimension: number): number {
  let hash = 0;
  for (let axis = 0; axis < dimension; axis++) {
    hash = (hash + Math.imul(coordinates[axis] as number, multipliers[axis] as number)) | 0;
  }
  return hash;
}

/** Where to look first; multiplying by 2^32 / golden ratio spreads the hashes' low bits. */
function homeSlot(hash: number, mask: number): number {
  const spread = Math.imul(hash, 0x9e3779b1);
  return ((spread ^ (spread >>> 15)) << 1) & mask;
}
