import { OptionError } from '../../core/errors.js';
import { cityscapesLabelIds } from '../../data/node/sources/cityscapes.js';
import type { LabelMap } from '../../image/index.js';
import { vocPalette } from '../../image/index.js';
import { encodeMaskPng } from '../../image/node/index.js';
import { writePng } from '../../image/node/png/write-png.js';
import type { SubmissionFormat } from '../submission-formats.js';

/** How a benchmark wants predictions. */
interface Submission {
  /** The number of classes that it knows, where that is fixed. */
  readonly classes?: number;
  fileName(id: string): string;
  encode(prediction: LabelMap): Promise<Uint8Array>;
}

/**
 * PASCAL VOC: `ID.png`, a palette picture whose indices are the classes, as its label files are.
 * Cityscapes: `CITY_SEQUENCE_FRAME_leftImg8bit.png`, an 8-bit grey picture of label ids, which the
 * benchmark finds by the first three parts of the name.
 */
const submissions: { readonly [F in SubmissionFormat]: Submission } = {
  voc: {
    fileName: (id) => `${id}.png`,
    encode: (prediction) => encodeMaskPng(prediction, vocPalette(256)),
  },
  cityscapes: {
    classes: cityscapesLabelIds.length,
    fileName: (id) => `${id}_leftImg8bit.png`,
    encode: ({ width, height, data }) => {
      const ids = Uint8Array.from(cityscapesLabelIds);
      const samples = new Uint8Array(data.length);
      for (let pixel = 0; pixel < samples.length; pixel++) {
        samples[pixel] = ids[data[pixel] as number] as number;
      }
      return writePng({ width, height, bitDepth: 8, samples });
    },
  },
};

/**
 * Makes sure that a benchmark's files can hold predictions of a number of classes.
 *
 * @throws OptionError where they cannot.
 */
export function checkSubmission(format: SubmissionFormat, classes: number): void {
  const most = 256;
  const { classes: fixed = Math.min(classes, most) } = submissions[format];
  if (classes === fixed) return;
  throw new OptionError({
    place: `predictions in the format of ${format}`,
    problem: 'the classes do not fit',
    expected: format === 'voc' ? `at most ${most} classes` : `its ${fixed} classes`,
    found: `${classes}`,
  });
}

/** Name of the file that a prediction goes to; the id has no folder. */
export function submissionFile(format: SubmissionFormat, id: string): string {
  return submissions[format].fileName(id.replace(/[\\/]/g, '-'));
}

/** A prediction as the file that a benchmark takes. */
export function encodeSubmission(
  format: SubmissionFormat,
  prediction: LabelMap,
): Promise<Uint8Array> {
  return submissions[format].encode(prediction);
}
