import { OptionError } from '../../core/errors.js';
import { type AxisSamples, checkSamples } from './coordinates.js';

/** A network's scores, one plane per class: float32, planar `[classes, height, width]`. */
export interface ScoreGrid {
  readonly data: Float32Array;
  readonly classes: number;
  readonly height: number;
  readonly width: number;
}

const mostElements = 2 ** 31 - 1;

/**
 * Checks that the scores fill their shape, that the samples fit them and that the result of
 * `planes` planes can be held.
 *
 * @throws OptionError naming the first that does not.
 */
export function checkScoreGrid(
  scores: ScoreGrid,
  x: AxisSamples,
  y: AxisSamples,
  planes: number,
): void {
  const { data, classes, height, width } = scores;
  const sizes = [classes, height, width];
  const expected = classes * height * width;
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1) || data.length !== expected) {
    throw new OptionError({
      place: `scores [${sizes.join(', ')}]`,
      problem: 'the array does not fill the shape [classes, height, width]',
      expected: `${expected} elements`,
      found: `${data.length}`,
    });
  }
  checkSamples('x', x, width);
  checkSamples('y', y, height);
  checkResultSize(planes, x, y);
}

/**
 * Checks that one array can hold `planes` planes at the samples' size.
 *
 * @throws OptionError where it cannot.
 */
export function checkResultSize(planes: number, x: AxisSamples, y: AxisSamples): void {
  const elements = planes * x.cell.length * y.cell.length;
  if (elements > mostElements) {
    throw new OptionError({
      place: `result [${planes}, ${y.cell.length}, ${x.cell.length}]`,
      problem: 'too large for one array',
      expected: `at most ${mostElements} elements`,
      found: `${elements}`,
      fix: 'compute it in strips (sliceSamples)',
    });
  }
}
