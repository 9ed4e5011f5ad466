import type { EvaluationReport } from '../evaluation.js';

/** A confusion matrix as people look at it: for each true class, what its pixels were taken for. */
export interface ConfusionShares {
  /** Names of the true classes, those that are scored. */
  readonly rows: readonly string[];
  /** Names of the predicted classes: the same, then "other" where not all classes are scored. */
  readonly columns: readonly string[];
  /** Shares of a true class's pixels, 0 to 1; NaN for a class that does not occur. */
  readonly shares: readonly (readonly number[])[];
  /** IoU of each true class, 0 to 1 or NaN. */
  readonly iou: readonly number[];
}

/** The scored classes of a report against each other. */
export function confusionShares(report: EvaluationReport): ConfusionShares {
  const { perClass, confusionMatrix, labels } = report;
  const indices = perClass.map(({ index }) => index);
  const names = perClass.map(({ label }) => label);
  const isSubset = indices.length < labels.length;
  return {
    rows: names,
    columns: isSubset ? [...names, 'other'] : names,
    shares: perClass.map(({ index, truePixels }) => {
      const row = confusionMatrix[index] ?? [];
      const shares = indices.map((column) => (row[column] ?? 0) / truePixels);
      const known = shares.reduce((sum, share) => sum + share, 0);
      return isSubset ? [...shares, Math.max(0, 1 - known)] : shares;
    }),
    iou: perClass.map(({ iou }) => iou),
  };
}
