import { OptionError } from '../../core/errors.js';

/**
 * A configuration with some values replaced, each written as `key.path=value`.
 *
 * The value is JSON where it parses as that, else text; list entries go by number, as in
 * `losses.0.weight=2`. Whether a key exists is for the check of the whole to find.
 *
 * @throws OptionError for a text that is no assignment, or a path through something that has no
 *   parts.
 */
export function assign(config: unknown, assignments: readonly string[]): unknown {
  return assignments.reduce<unknown>((changed, text) => {
    const at = text.indexOf('=');
    const keys = text.slice(0, Math.max(0, at)).split('.');
    if (at < 1 || keys.some((key) => key.trim() === '')) {
      throw new OptionError({
        place: `--set ${text}`,
        problem: 'not an assignment',
        expected: 'key.path=value, such as learningRate.base=0.007',
      });
    }
    return replaced(changed, keys, valueIn(text.slice(at + 1)), text);
  }, config);
}

function valueIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function replaced(whole: unknown, keys: readonly string[], value: unknown, text: string): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(whole)) {
    const index = /^\d+$/.test(key) ? Number(key) : Number.NaN;
    if (!(index <= whole.length)) {
      throw new OptionError({
        place: `--set ${text}`,
        problem: `"${key}" is no entry of the list`,
        expected: `0 to ${whole.length}`,
      });
    }
    const list: unknown[] = [...whole];
    list[index] = replaced(list[index], rest, value, text);
    return list;
  }
  if (whole !== undefined && (typeof whole !== 'object' || whole === null)) {
    throw new OptionError({
      place: `--set ${text}`,
      problem: `there is nothing below "${String(whole)}" to set`,
    });
  }
  const part = { ...whole } as Record<string, unknown>;
  const inner = Object.hasOwn(part, key) ? part[key] : undefined;
  // Computed, so that no name, `__proto__` included, means anything special.
  return { ...part, [key]: replaced(inner, rest, value, text) };
}
