import { AtrousError, messageOf, OutputError } from '../../core/errors.js';

/**
 * The error of a picture, which names it: what was thrown where that is about the sample itself or
 * about a file that could not be written, else an error at the picture's place.
 */
export function pictureError(id: string, thrown: unknown): AtrousError {
  // Only the place tells: an id such as "1" may occur anywhere in a message.
  const names = thrown instanceof AtrousError && thrown.place.startsWith(`sample "${id}", `);
  if (names || thrown instanceof OutputError) return thrown;
  return new AtrousError({ place: id, problem: messageOf(thrown), cause: thrown });
}
