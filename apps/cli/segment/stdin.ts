import { FormatError } from '../../../src/core/errors.js';

/** More than any picture file needs; an endless stream must not eat the memory. */
const largestInput = 2 ** 29;

/**
 * Reads standard input to its end.
 *
 * @throws FormatError where it is a terminal, or larger than a picture can be.
 */
export async function readStdin(): Promise<Uint8Array> {
  if (process.stdin.isTTY) {
    throw new FormatError({
      place: 'stdin',
      problem: 'a terminal, not a picture',
      fix: 'pipe a picture in: atrous segment - < cat.jpg',
    });
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    length += chunk.length;
    if (length > largestInput) {
      throw new FormatError({
        place: 'stdin',
        problem: 'too large for a picture',
        expected: `at most ${largestInput} bytes`,
      });
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
