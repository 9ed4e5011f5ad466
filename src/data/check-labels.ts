import { FormatError, OptionError } from '../core/errors.js';
import type { LabelMap } from '../image/index.js';
import { type DatasetSource, isKnownLabel, type LabelValues } from './dataset-source.js';
import { LabelCounter, type LabelHistogram } from './label-histogram.js';

/** How a dataset's labels are checked. */
export interface CheckLabelsOptions {
  /** Labels read at most, spread evenly over the split; left out, all of them. */
  readonly limit?: number;
  /** Labels read at once. Defaults to 4. */
  readonly concurrency?: number;
}

/**
 * Reads the labels of a split and refuses values that are neither a class nor the ignore value:
 * training on them gives NaN or nonsense, and no hint why.
 *
 * @returns how often each class occurs.
 * @throws FormatError with that histogram in the message; OptionError where there are no labels.
 */
export async function checkLabels(
  source: DatasetSource,
  options: CheckLabelsOptions = {},
): Promise<LabelHistogram> {
  const place = `${source.name} ${source.split}`;
  if (!source.labelled) {
    throw new OptionError({ place, problem: 'a split without labels cannot train or be scored' });
  }
  const count = Math.min(source.size, Math.max(1, options.limit ?? source.size));
  const counter = new LabelCounter(source);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = Math.floor((next++ * source.size) / count);
      const label = await source.readLabel(index);
      if (label !== undefined) counter.add(source.ids[index] ?? '', label);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.concurrency ?? 4) }, lane));
  const histogram = counter.histogram();
  refuseUnknownLabels(histogram, source, place);
  return histogram;
}

/**
 * As `checkLabels`, for a label that is already in memory; costs a fraction of decoding it.
 *
 * @throws FormatError with the label's histogram.
 */
export function checkLabel(id: string, label: LabelMap, classes: LabelValues): void {
  const { data } = label;
  let previous = -1;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (value === previous) continue;
    previous = value;
    if (isKnownLabel(value, classes)) continue;
    const counter = new LabelCounter(classes);
    counter.add(id, label);
    refuseUnknownLabels(counter.histogram(), classes, `sample "${id}"`);
  }
}

/** @throws FormatError where a histogram has values that mean nothing. */
export function refuseUnknownLabels(
  histogram: LabelHistogram,
  classes: LabelValues,
  place: string,
): void {
  const { unknown, samples } = histogram;
  const [first] = unknown;
  if (first === undefined) return;
  const { labels, ignoreValue } = classes;
  const named = unknown.slice(0, 5).map(({ value, pixels }) => `${value} (${pixels} pixels)`);
  const more = unknown.length > named.length ? ` and ${unknown.length - named.length} more` : '';
  const where = `first in "${first.firstId}" at x ${first.firstX}, y ${first.firstY}`;
  throw new FormatError({
    place,
    problem: `labels outside the ${labels.length} classes`,
    expected: `0 to ${labels.length - 1}, or ${ignoreValue} for pixels to ignore`,
    found: `${named.join(', ')}${more}, ${where}; histogram of ${samples} labels: ${formatHistogram(histogram)}`,
    fix: 'correct the labels, the list of classes or the ignore value',
  });
}

/** Classes listed in an error message. */
const listedClasses = 12;

/** A histogram on one line: the values with their shares, the most frequent first. */
export function formatHistogram(histogram: LabelHistogram): string {
  const share = (pixels: number): string => `${((100 * pixels) / histogram.pixels).toFixed(1)} %`;
  const present = histogram.classes
    .map(({ label, pixels }, value) => ({ value, text: `${value} ${label}`, pixels }))
    .filter(({ value, pixels }) => pixels > 0 && value !== histogram.ignoreValue)
    .sort((a, b) => b.pixels - a.pixels);
  const listed = present.slice(0, listedClasses);
  const rest = present.slice(listedClasses).reduce((sum, { pixels }) => sum + pixels, 0);
  const outside = histogram.unknown.reduce((sum, { pixels }) => sum + pixels, 0);
  return [
    ...listed.map(({ text, pixels }) => `${text} ${share(pixels)}`),
    ...(rest > 0 ? [`${present.length - listed.length} more classes ${share(rest)}`] : []),
    ...(histogram.ignored > 0 ? [`ignored ${share(histogram.ignored)}`] : []),
    ...(outside > 0 ? [`unknown ${share(outside)}`] : []),
  ].join(', ');
}
