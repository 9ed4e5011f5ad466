export type { BatchOptions } from './batches/batch-plan.js';
export { type Batch, type BatchStream, openBatches } from './batches/open-batches.js';
export { type ConvertOptions, convertDataset } from './convert/convert-dataset.js';
export type { DatasetFormat } from './dataset-listing.js';
export { ListedSource } from './listed-source.js';
export {
  datasetFormats,
  findDataset,
  type OpenDatasetOptions,
  openDataset,
} from './open-dataset.js';
export { cityscapesLabelIds } from './sources/cityscapes.js';
export { type LabelSetName, labelSetNames } from './sources/tfrecord.js';
