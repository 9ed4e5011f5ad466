export { BoundaryBands, type BoundaryScore } from './boundary/bands.js';
export { squaredDistances } from './boundary/distance.js';
export { type CellCounts, ConfusionMatrix } from './confusion-matrix.js';
export {
  Evaluation,
  type EvaluationCounts,
  type EvaluationReport,
  type LabelSpace,
  type ScoringOptions,
} from './evaluation.js';
export { scoredClasses } from './scored-classes.js';
export { type ClassScore, type Scores, scoresOf } from './scores.js';
export { type SubmissionFormat, submissionFormats } from './submission-formats.js';
