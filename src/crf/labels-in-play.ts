import { OptionError } from '../core/errors.js';
import type { ClassPlanes } from './unary.js';

/**
 * The classes which at some pixel are at least `share` times as probable as the most probable class
 * there, by energies U = -log p: U - min U <= -log share. Never empty.
 *
 * @throws OptionError where the share is not from 0 up to 1.
 */
export function labelsInPlay({ data, classes }: ClassPlanes, share: number): readonly number[] {
  if (!(share >= 0 && share <= 1)) {
    throw new OptionError({
      place: 'dense CRF: ignoreBelow',
      problem: 'not a share',
      expected: '0 to 1',
      found: `${share}`,
    });
  }
  const all = Array.from({ length: classes }, (_, label) => label);
  if (share === 0) return all;

  const pixels = data.length / classes;
  const least = data.slice(0, pixels);
  for (let label = 1, at = pixels; label < classes; label++) {
    for (let pixel = 0; pixel < pixels; pixel++, at++) {
      const energy = data[at] as number;
      if (energy < (least[pixel] as number)) least[pixel] = energy;
    }
  }
  const margin = -Math.log(share);
  return all.filter((label) => {
    const first = label * pixels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      // Written so that NaN is in play: filling in the energies names its place.
      if (!((data[first + pixel] as number) > (least[pixel] as number) + margin)) return true;
    }
    return false;
  });
}
