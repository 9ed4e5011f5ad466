import { OptionError } from '../../../../src/core/errors.js';
import type { CrfParameters, SearchedParameter } from '../../../../src/crf/index.js';
import { parseParameters } from '../parameter-values.js';

const place = '--fixed';

/** The parameters that a search leaves as they are. @throws OptionError for one of the others. */
export function parseFixed(text: string): Partial<Omit<CrfParameters, SearchedParameter>> {
  const { bilateralWeight, bilateralPositionDeviation, bilateralColourDeviation, ...fixed } =
    parseParameters(text, place);
  const others = [bilateralWeight, bilateralPositionDeviation, bilateralColourDeviation];
  if (others.every((value) => value === undefined)) return fixed;
  throw new OptionError({
    place,
    problem: 'bi_w, bi_xy_std and bi_rgb_std are searched for',
    found: text,
    fix: 'give them one value with --ranges, such as bi_w=4',
  });
}
