import type { LabelMap } from '../../image/index.js';

/** The squared distance of a pixel from which no pixel of another label can be reached. */
export const unreached = 2 ** 31 - 1;

/** Squares of longer sides would not fit into 32 bits. */
const longestDistance = 32_767;

/**
 * Squared distance of every pixel to the nearest one with another label, centre to centre, exact.
 *
 * Two passes, after Felzenszwalb and Huttenlocher (Distance Transforms of Sampled Functions, 2012):
 * along columns the distance g to the next other label, then along rows the lower envelope of the
 * parabolas (x - x')² + g(x')². A pixel's nearest other label lies no further away than the ends of
 * its own run in its row, so that each run is an envelope of its own, and all labels are done at
 * once.
 *
 * @param limit distances beyond it may come out larger than they are, `unreached` included.
 */
export function squaredDistances(map: LabelMap, limit = longestDistance): Int32Array {
  const { width, height, data } = map;
  const vertical = verticalDistances(map, Math.min(Math.ceil(limit), longestDistance));
  const distances = new Int32Array(width * height);
  const envelope = new Envelope(width + 2);
  for (let row = 0; row < height; row++) {
    const begin = row * width;
    for (let start = 0; start < width; ) {
      const label = data[begin + start];
      let end = start + 1;
      while (end < width && data[begin + end] === label) end++;
      envelope.clear();
      if (start > 0) envelope.add(start - 1, 0);
      for (let x = start; x < end; x++) {
        const distance = vertical[begin + x] as number;
        if (distance > 0) envelope.add(x, distance * distance);
      }
      if (end < width) envelope.add(end, 0);
      envelope.read(start, end, distances, begin);
      start = end;
    }
  }
  return distances;
}

/** Distance along the column to the nearest pixel with another label; 0 beyond the limit. */
function verticalDistances({ width, height, data }: LabelMap, limit: number): Uint16Array {
  const distances = new Uint16Array(width * height);
  for (let index = width; index < data.length; index++) {
    const above = index - width;
    if (data[index] !== data[above]) distances[index] = 1;
    else {
      const distance = distances[above] as number;
      distances[index] = distance > 0 && distance < limit ? distance + 1 : 0;
    }
  }
  const below = new Uint16Array(width);
  for (let row = height - 2; row >= 0; row--) {
    for (let x = 0; x < width; x++) {
      const index = row * width + x;
      const next = below[x] as number;
      const found =
        data[index] !== data[index + width] ? 1 : next > 0 && next < limit ? next + 1 : 0;
      below[x] = found;
      const above = distances[index] as number;
      if (found > 0 && (above === 0 || found < above)) distances[index] = found;
    }
  }
  return distances;
}

/** Lower envelope of parabolas (x - position)² + height, added from left to right. */
class Envelope {
  readonly #positions: Int32Array;
  readonly #heights: Int32Array;
  /** The first whole x at which each parabola is the lowest. */
  readonly #firsts: Int32Array;
  #count = 0;

  constructor(capacity: number) {
    this.#positions = new Int32Array(capacity);
    this.#heights = new Int32Array(capacity);
    this.#firsts = new Int32Array(capacity);
  }

  clear(): void {
    this.#count = 0;
  }

  add(position: number, height: number): void {
    for (; this.#count > 0; this.#count--) {
      const top = this.#count - 1;
      const before = this.#positions[top] as number;
      const square = position * position + height - before * before;
      // From this x on the new parabola is no higher; whole numbers keep the division exact enough.
      const first = Math.ceil(
        (square - (this.#heights[top] as number)) / (2 * (position - before)),
      );
      if (first > (this.#firsts[top] as number)) {
        this.#firsts[this.#count] = first;
        break;
      }
    }
    if (this.#count === 0) this.#firsts[0] = -longestDistance - 1;
    this.#positions[this.#count] = position;
    this.#heights[this.#count] = height;
    this.#count++;
  }

  /** Writes the envelope at x from `start` up to `end`. */
  read(start: number, end: number, out: Int32Array, begin: number): void {
    if (this.#count === 0) {
      out.fill(unreached, begin + start, begin + end);
      return;
    }
    let current = 0;
    for (let x = start; x < end; x++) {
      while (current + 1 < this.#count && (this.#firsts[current + 1] as number) <= x) current++;
      const offset = x - (this.#positions[current] as number);
      out[begin + x] = Math.min(unreached, offset * offset + (this.#heights[current] as number));
    }
  }
}
