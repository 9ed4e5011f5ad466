import { InternalError } from '../core/errors.js';

/**
 * A value that the code before has made sure of, where types cannot tell.
 *
 * @param what names it in the error.
 * @throws InternalError where it is missing after all.
 */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new InternalError('training', `missing: ${what}`);
  return value;
}
