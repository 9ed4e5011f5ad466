export { ade20k, ade20kIgnoreValue } from './ade20k-classes.js';
export {
  type AugmentOptions,
  augmentDefaults,
  noAugmentation,
  type ResizeRange,
} from './augment/augment-options.js';
export {
  type CheckLabelsOptions,
  checkLabel,
  checkLabels,
  formatHistogram,
} from './check-labels.js';
export { ContactSheet } from './contact-sheet.js';
export {
  type DatasetClasses,
  type DatasetSource,
  isKnownLabel,
  type LabelValues,
  labelDType,
  type Sample,
} from './dataset-source.js';
export {
  type InspectableSource,
  type Inspection,
  type InspectOptions,
  inspectDataset,
  isSound,
} from './inspection.js';
export type { ClassCount, LabelHistogram, UnknownLabel } from './label-histogram.js';
export { randomStream } from './random-stream.js';
