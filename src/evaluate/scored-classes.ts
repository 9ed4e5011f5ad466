import { OptionError } from '../core/errors.js';
import { nearest } from '../core/spelling.js';

/**
 * The indices of the classes to score, in order.
 *
 * @param names class names, whatever their case, or indices; all classes where left out, except for
 *   one whose index is the ignore value, such as ADE20K's class 0.
 * @throws OptionError for a name that is no class, with the nearest one, and for no name at all.
 */
export function scoredClasses(
  labels: readonly string[],
  names?: readonly string[],
  ignoreValue?: number,
): readonly number[] {
  if (names === undefined) {
    return labels.map((_, index) => index).filter((index) => index !== ignoreValue);
  }
  const indices = names.map((name) => indexOf(name, labels));
  const [first] = indices;
  if (first === undefined) {
    throw new OptionError({ place: 'classes', problem: 'no class is to be scored' });
  }
  const ignored = indices.find((index) => index === ignoreValue);
  if (ignored !== undefined) {
    throw new OptionError({
      place: 'classes',
      problem: `"${labels[ignored]}" cannot be scored`,
      found: `index ${ignored}, by which the data set marks pixels to ignore`,
    });
  }
  return [...new Set(indices)].sort((a, b) => a - b);
}

function indexOf(name: string, labels: readonly string[]): number {
  const folded = labels.map(fold).indexOf(fold(name));
  if (folded >= 0) return folded;
  if (/^\d+$/.test(name) && Number(name) < labels.length) return Number(name);
  throw new OptionError({
    place: 'classes',
    problem: `no class "${name}"`,
    expected: labels.length > 30 ? `one of ${labels.length} names` : labels.join(', '),
    fix: `did you mean "${nearest(name, labels)}"?`,
  });
}

function fold(name: string): string {
  return name.trim().toLowerCase();
}
