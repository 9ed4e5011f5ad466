import { OptionError } from '../../core/errors.js';
import type { DatasetListing } from './dataset-listing.js';

/**
 * Which samples of a split count, by their names: patterns in which `*` stands for any characters,
 * as in `0006R0_*`.
 */
export interface SampleChoice {
  /** Those that count; all unless told. */
  readonly include?: readonly string[];
  /** Those that do not count, whatever `include` says. */
  readonly exclude?: readonly string[];
}

/**
 * A listing of the chosen samples alone, in their order.
 *
 * @throws OptionError for a pattern that no sample has, and where none is left.
 */
export function chooseSamples(
  listing: DatasetListing,
  { include, exclude }: SampleChoice,
  place: string,
): DatasetListing {
  if (include === undefined && exclude === undefined) return listing;
  const names = listing.samples.map(({ id }) => id);
  const [wanted, unwanted] = [include, exclude].map((patterns) =>
    patterns?.map((pattern) => matcherOf(pattern, names, place)),
  );
  const samples = listing.samples.filter(
    ({ id }) =>
      (wanted === undefined || wanted.some((matches) => matches.test(id))) &&
      unwanted?.some((matches) => matches.test(id)) !== true,
  );
  if (samples.length > 0) return { ...listing, samples };
  throw new OptionError({
    place,
    problem: 'no sample is left',
    expected: 'patterns of include and exclude that choose some',
    found: `${names.length} samples, ${names[0]} the first`,
  });
}

function matcherOf(pattern: string, names: readonly string[], place: string): RegExp {
  const literal = (text: string) => text.replace(/[\\^$.+?()[\]{}|]/g, '\\$&');
  const matcher = new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`);
  if (names.some((name) => matcher.test(name))) return matcher;
  throw new OptionError({
    place,
    problem: `no sample is called "${pattern}"`,
    expected: 'a name, or a pattern with * for any characters',
    found: `${names.length} samples, ${names[0]} the first`,
  });
}
