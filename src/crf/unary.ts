import { OptionError } from '../core/errors.js';
import type { LabelMap } from '../image/image.js';

/** One plane of numbers per class: float32, planar `[classes, height, width]`. */
export interface ClassPlanes {
  readonly data: Float32Array;
  readonly classes: number;
  readonly height: number;
  readonly width: number;
}

export interface ProbabilityOptions {
  /** Probabilities below it are raised to it, so that none is impossible; 1e-5 by default. */
  readonly least?: number;
  /**
   * How far to trust the probabilities, above 0 and up to 1 (the default): they are mixed with the
   * uniform distribution, `certainty · p + (1 - certainty) / classes`.
   */
  readonly certainty?: number;
}

/**
 * Unary energies U = -log p of a network's probabilities.
 *
 * The same as `unary_from_softmax` of pydensecrf.
 *
 * @throws OptionError where the array does not fill its shape or an option is out of its range.
 */
export function unaryFromProbabilities(
  probabilities: ClassPlanes,
  options: ProbabilityOptions = {},
): ClassPlanes {
  const { least = 1e-5, certainty = 1 } = options;
  checkPlanes('dense CRF: probabilities', probabilities);
  checkShare('least', least);
  checkShare('certainty', certainty);
  const { classes, height, width } = probabilities;
  const uniform = (1 - certainty) / classes;
  const data = new Float32Array(probabilities.data.length);
  for (let i = 0; i < data.length; i++) {
    const mixed = certainty * (probabilities.data[i] as number) + uniform;
    // Written so that NaN stays NaN: the CRF names the place of the first one.
    data[i] = -Math.log(mixed < least ? least : mixed > 1 ? 1 : mixed);
  }
  return { data, classes, height, width };
}

export interface LabelOptions {
  /** Probability of the given label, above 0 and below 1; 0.5 by default. */
  readonly certainty?: number;
  /** The value of pixels of which nothing is known: all classes are equally likely there. */
  readonly unknown?: number;
}

/**
 * Unary energies of a label map: `certainty` for the label, the rest shared by the other classes.
 *
 * The same as `unary_from_labels` of pydensecrf, whose unknown label is 0.
 *
 * @throws OptionError where a label is neither a class nor unknown, or an option is out of its
 *   range.
 */
export function unaryFromLabels(
  labels: LabelMap,
  classes: number,
  options: LabelOptions = {},
): ClassPlanes {
  const { certainty = 0.5, unknown } = options;
  checkShare('certainty', certainty);
  if (certainty === 1 || !Number.isInteger(classes) || classes < 1) {
    throw new OptionError({
      place: 'dense CRF: unary energies of labels',
      problem: 'certainty must be below 1 and classes a whole number from 1 on',
      found: `certainty ${certainty}, ${classes} classes`,
    });
  }
  const { width, height } = labels;
  const pixels = width * height;
  const own = classes === 1 ? 0 : -Math.log(certainty);
  const other = classes === 1 ? 0 : -Math.log((1 - certainty) / (classes - 1));
  const data = new Float32Array(classes * pixels).fill(other);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const label = labels.data[pixel] as number;
    if (label === unknown) {
      for (let c = 0; c < classes; c++) data[c * pixels + pixel] = Math.log(classes);
    } else if (label < classes) {
      data[label * pixels + pixel] = own;
    } else {
      throw new OptionError({
        place: `dense CRF: label map at (${pixel % width}, ${Math.floor(pixel / width)})`,
        problem: 'a label that is not a class',
        expected: `0 to ${classes - 1}${unknown === undefined ? '' : ` or ${unknown}`}`,
        found: `${label}`,
        ...(unknown === undefined ? { fix: 'name the value of unknown pixels (unknown)' } : {}),
      });
    }
  }
  return { data, classes, height, width };
}

/** @throws OptionError where the array does not fill its shape. */
export function checkPlanes(place: string, planes: ClassPlanes): void {
  const { data, classes, height, width } = planes;
  const sizes = [classes, height, width];
  const expected = classes * height * width;
  if (sizes.every((size) => Number.isInteger(size) && size >= 1) && data.length === expected)
    return;
  throw new OptionError({
    place: `${place} [${sizes.join(', ')}]`,
    problem: 'the array does not fill the shape [classes, height, width]',
    expected: `${expected} elements`,
    found: `${data.length}`,
  });
}

function checkShare(name: string, value: number): void {
  if (value > 0 && value <= 1) return;
  throw new OptionError({
    place: `dense CRF: ${name}`,
    problem: 'not a probability',
    expected: 'above 0 and at most 1',
    found: `${value}`,
  });
}
