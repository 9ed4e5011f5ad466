import { OptionError } from '../../../../src/core/errors.js';
import { nearest } from '../../../../src/core/spelling.js';
import {
  publishedSearchRanges,
  type SearchedParameter,
  type SearchRanges,
} from '../../../../src/crf/index.js';
import { fieldOf } from '../parameter-names.js';

/** The papers whose ranges are known. */
export const publishedRanges = Object.keys(
  publishedSearchRanges,
) as readonly (keyof typeof publishedSearchRanges)[];

const searched = ['bi_w', 'bi_xy_std', 'bi_rgb_std'] as const;

/** Each value costs time with every other: a range of more is taken for a mistake. */
const mostValues = 50;

const place = '--ranges';

/**
 * The ranges of a paper by its name, or with some of them changed, in the papers' notation:
 * `bi_w=3:6,bi_xy_std=30:10:100,bi_rgb_std=4` is 3, 4, 5, 6; 30, 40, …, 100; and 4 alone.
 *
 * @throws OptionError naming what is wrong.
 */
export function parseRanges(text: string): SearchRanges {
  const paper = publishedRanges.find((name) => name === text);
  if (paper !== undefined) return publishedSearchRanges[paper];
  if (!text.includes('=')) {
    throw new OptionError({
      place,
      problem: `no ranges "${text}"`,
      expected: `${publishedRanges.join(', ')}, or ranges such as bi_w=3:6,bi_xy_std=30:10:100`,
    });
  }
  const ranges: Partial<Record<SearchedParameter, readonly number[]>> = {};
  for (const part of text.split(',')) {
    const [name = '', range = ''] = part.split('=').map((each) => each.trim());
    const known = searched.find((each) => each === name);
    if (known === undefined) {
      throw new OptionError({
        place,
        problem: `"${name}" is not searched for`,
        expected: searched.join(', '),
        fix: `did you mean "${nearest(name, searched)}"? Other parameters can be set with --fixed`,
      });
    }
    ranges[fieldOf(known)] = parseRange(known, range);
  }
  return { ...publishedSearchRanges.deeplabv2, ...ranges };
}

/** FIRST:STEP:LAST, FIRST:LAST in steps of 1, or one value. */
function parseRange(name: string, text: string): readonly number[] {
  const numbers = text.split(':').map((each) => (each === '' ? Number.NaN : Number(each)));
  const [first = Number.NaN] = numbers;
  const last = numbers.at(-1) ?? Number.NaN;
  const step = numbers.length === 3 ? (numbers[1] ?? Number.NaN) : 1;
  // A hair more, so that rounding does not cost the last value.
  const count = Math.floor((last - first) / step + 1e-9) + 1;
  const whole = numbers.length <= 3 && numbers.every((each) => Number.isFinite(each)) && step > 0;
  if (whole && count >= 1 && count <= mostValues) {
    return Array.from({ length: count }, (_, i) => Number((first + i * step).toPrecision(12)));
  }
  throw new OptionError({
    place: `${place}, ${name}`,
    problem: 'not a range',
    expected: `FIRST:STEP:LAST, FIRST:LAST or one number, and at most ${mostValues} values`,
    found: text === '' ? 'nothing' : text,
  });
}

/** Ranges in the papers' names, as JSON shows them. */
export function namedRanges(ranges: SearchRanges): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(searched.map((name) => [name, ranges[fieldOf(name)]]));
}
