import type { ConfusionMatrix } from './confusion-matrix.js';

/** How well one class is found; shares are 0 to 1, NaN where there is nothing to measure them on. */
export interface ClassScore {
  readonly index: number;
  readonly label: string;
  /** Intersection over union: TP / (TP + FP + FN). */
  readonly iou: number;
  /** Share of the class's own pixels that were found, its recall: TP / (TP + FN). */
  readonly accuracy: number;
  /** Share of the predictions of the class that were right: TP / (TP + FP). */
  readonly precision: number;
  readonly truePixels: number;
  readonly predictedPixels: number;
}

/** What a confusion matrix says in all; shares are 0 to 1, NaN where no pixel counts. */
export interface Scores {
  /** Mean of the IoUs of the scored classes that occur in truth or prediction. */
  readonly mIoU: number;
  /** Share of pixels with the right class. */
  readonly pixelAccuracy: number;
  /** Mean of the accuracies of the scored classes that occur in truth. */
  readonly classAccuracy: number;
  /** Mean of the IoUs, weighted by the classes' shares of the true pixels. */
  readonly frequencyWeightedIoU: number;
  /** Pixels whose truth is a scored class. */
  readonly pixels: number;
  /** The scored classes. */
  readonly perClass: readonly ClassScore[];
}

/**
 * The usual figures of semantic segmentation (Long et al. 2015, section 5) from a confusion matrix.
 *
 * Only the rows of the scored classes count: pixels whose truth is another class are ignored, while
 * the prediction of another class on a pixel that counts is an error of its true class. As in
 * TensorFlow's `mean_iou`, a class whose union is empty has no IoU (NaN) and no part in the mean.
 *
 * @param scored indices of the classes to score, all by default.
 */
export function scoresOf(
  matrix: ConfusionMatrix,
  labels: readonly string[],
  scored: readonly number[] = Array.from({ length: matrix.classes }, (_, index) => index),
): Scores {
  const { classes } = matrix;
  const sumOver = (indices: readonly number[], count: (index: number) => number) =>
    indices.reduce((sum, index) => sum + count(index), 0);
  const all = Array.from({ length: classes }, (_, index) => index);
  const perClass = scored.map((index): ClassScore => {
    const hits = matrix.at(index, index);
    const truePixels = sumOver(all, (prediction) => matrix.at(index, prediction));
    const predictedPixels = sumOver(scored, (truth) => matrix.at(truth, index));
    return {
      index,
      label: labels[index] ?? `${index}`,
      // 0 / 0 is the NaN that is promised.
      iou: hits / (truePixels + predictedPixels - hits),
      accuracy: hits / truePixels,
      precision: hits / predictedPixels,
      truePixels,
      predictedPixels,
    };
  });
  const pixels = perClass.reduce((sum, { truePixels }) => sum + truePixels, 0);
  const hits = sumOver(scored, (index) => matrix.at(index, index));
  return {
    mIoU: meanOfKnown(perClass.map(({ iou }) => iou)),
    pixelAccuracy: hits / pixels,
    classAccuracy: meanOfKnown(perClass.map(({ accuracy }) => accuracy)),
    frequencyWeightedIoU:
      perClass.reduce(
        (sum, { iou, truePixels }) => sum + (truePixels > 0 ? truePixels * iou : 0),
        0,
      ) / pixels,
    pixels,
    perClass,
  };
}

function meanOfKnown(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
