import type { ScoreGrid } from './score-grid.js';

/** Mark of a grid point where no class has the highest score and a finite one at that. */
export const noWinner = -1;

const block = 2048;

/**
 * The class of the highest score at every grid point, the lowest index on ties.
 *
 * `noWinner` where that score is infinite or where every score is NaN.
 */
export function gridWinners(scores: ScoreGrid): Int32Array {
  const { data, classes } = scores;
  const points = scores.height * scores.width;
  const winner = new Int32Array(points).fill(noWinner);
  const highest = new Float32Array(points).fill(Number.NEGATIVE_INFINITY);
  // Within a block plane by plane: reads are in order, and what is updated stays in the cache.
  for (let begin = 0; begin < points; begin += block) {
    const end = Math.min(begin + block, points);
    for (let label = 0, offset = 0; label < classes; label++, offset += points) {
      for (let point = begin; point < end; point++) {
        const score = data[offset + point] as number;
        if (score > (highest[point] as number)) {
          highest[point] = score;
          winner[point] = label;
        }
      }
    }
  }
  for (let point = 0; point < points; point++) {
    if (highest[point] === Number.POSITIVE_INFINITY) winner[point] = noWinner;
  }
  return winner;
}
