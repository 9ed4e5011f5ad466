import { OptionError } from '../../core/errors.js';

/** Class indices: bytes up to 256 classes, 16-bit words above. */
export type LabelArray = Uint8Array | Uint16Array;

/**
 * The array that takes `pixels` labels below `classes`: `out` where given, else a new one.
 *
 * @throws OptionError where `out` has another length or its elements are too narrow, or where
 *   there are more than 65536 classes.
 */
export function labelArray(pixels: number, classes: number, out?: LabelArray): LabelArray {
  if (classes > 65536) {
    throw new OptionError({
      place: 'label map',
      problem: 'too many classes',
      expected: 'at most 65536',
      found: `${classes}`,
    });
  }
  if (out === undefined) return classes > 256 ? new Uint16Array(pixels) : new Uint8Array(pixels);
  if (out.length !== pixels) {
    throw new OptionError({
      place: 'label map, out',
      problem: 'the array does not fit the result',
      expected: `${pixels} elements`,
      found: `${out.length}`,
    });
  }
  if (classes > 256 && out.BYTES_PER_ELEMENT === 1) {
    throw new OptionError({
      place: 'label map, out',
      problem: 'bytes cannot hold the class indices',
      expected: `a Uint16Array for ${classes} classes`,
      found: 'a Uint8Array',
    });
  }
  return out;
}
