export type { BatchOptions } from './batches/batch-plan.js';
export { type Batch, type BatchStream, openBatches } from './batches/open-batches.js';
export { type ConvertOptions, convertDataset } from './convert/convert-dataset.js';
export {
  type DatasetFormat,
  datasetFormats,
  type LabelSetName,
  labelSetNames,
} from './dataset-listing.js';
export { ListedSource } from './listed-source.js';
export {
  findDataset,
  type OpenDatasetOptions,
  openDataset,
} from './open-dataset.js';
export type { SampleChoice } from './sample-choice.js';
export { cityscapesLabelIds } from './sources/cityscapes.js';
