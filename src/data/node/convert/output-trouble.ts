import { messageOf, OutputError } from '../../../core/errors.js';

/** The error for a file or folder that cannot be written. */
export function notWritten(place: string, cause: unknown): OutputError {
  return new OutputError({ place, problem: `not written: ${messageOf(cause)}`, cause });
}

/** The error for a file or folder that an output would replace. */
export function inTheWay(place: string): OutputError {
  return new OutputError({
    place,
    problem: 'it exists already',
    fix: 'choose another folder or remove it',
  });
}
