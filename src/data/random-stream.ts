import { type Random, seededRandom } from '../core/random.js';

/**
 * The random numbers that belong to a place in a run, such as (seed, epoch, sample): the same place
 * has the same numbers, whatever was drawn elsewhere, so that work can be split over threads and
 * resumed anywhere.
 *
 * @param path whole numbers, safe integers of either sign.
 */
export function randomStream(...path: readonly number[]): Random {
  let low = 0x2545f491 ^ path.length;
  let high = 0x6c8e9cf5;
  for (const number of path) {
    for (const word of [number | 0, Math.floor(number / 2 ** 32) | 0]) {
      low = scramble(low ^ word);
      high = scramble(high ^ low ^ 0x9e3779b9);
    }
  }
  // 53 bits: what a double holds exactly.
  return seededRandom((high >>> 11) * 2 ** 32 + (low >>> 0));
}

/** A bijection of 32-bit words in which every bit depends on all (MurmurHash3's finaliser). */
function scramble(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
