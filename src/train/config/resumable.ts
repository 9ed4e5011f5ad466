import { OptionError } from '../../core/errors.js';
import type { TrainConfig } from './config.js';
import { configSchema } from './schema.js';

/** Keys that may change when a run goes on: they do not alter what it computes from here on. */
const free = [
  'dataset.path',
  'dataset.workers',
  'dataset.cacheBytes',
  'output',
  'steps',
  'initial',
  'evaluation',
  'checkpointEvery',
  'summaryEvery',
  'device',
  'threads',
];

/**
 * Makes sure that a run can go on with a configuration: that it equals the one that its checkpoint
 * was made with, but for where things are, how often they are written and how long it goes on.
 *
 * @param place What errors call the checkpoint.
 * @throws OptionError naming the first difference.
 */
export function checkResumable(now: TrainConfig, before: unknown, place: string): void {
  const [wanted, made] = [leaves(now), leaves(completed(before))];
  for (const key of new Set([...wanted.keys(), ...made.keys()])) {
    if (free.some((name) => key === name || key.startsWith(`${name}.`))) continue;
    if (wanted.get(key) === made.get(key)) continue;
    throw new OptionError({
      place: `${place}, ${key}`,
      problem: 'the run cannot go on with another value',
      expected: made.get(key) ?? 'none, as before',
      found: wanted.get(key) ?? 'none',
      fix: 'set it as before, or start a run in another folder with initial.file set to this checkpoint',
    });
  }
}

/** A configuration with the defaults of keys that there were not yet when it was written. */
function completed(before: unknown): unknown {
  const result = configSchema.safeParse(before);
  return result.success ? result.data : before;
}

/** All values of a tree as JSON, by their paths. */
function leaves(value: unknown, path = ''): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return new Map([[path, JSON.stringify(value)]]);
  }
  return new Map(
    Object.entries(value).flatMap(([key, part]) => [
      ...leaves(part, path === '' ? key : `${path}.${key}`),
    ]),
  );
}
