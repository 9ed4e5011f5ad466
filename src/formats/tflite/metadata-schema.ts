import { enumeration, float32s, string, tables, uint8, union } from './table-schema.js';

/** Name under which a model keeps its TensorFlow Lite metadata. */
export const metadataName = 'TFLITE_METADATA';

/** What bytes 4 to 7 of the metadata say. */
export const metadataIdentifier = 'M001';

/** What a file packed with the model is about. */
export const associatedFileTypes = [
  'unknown',
  'descriptions',
  'axis labels',
  'value labels',
  'score calibration',
  'vocabulary',
  'scann index',
] as const;

export const associatedFileSchema = {
  name: string(0),
  type: enumeration(2, associatedFileTypes),
  locale: string(3),
};

/** Position of the normalisation options in the union of a process unit. */
export const normalisationType = 1;

/** normalised = (pixel − mean) / std, per channel. */
export const normalisationSchema = {
  mean: float32s(0),
  std: float32s(1),
};

export const processUnitSchema = {
  optionsType: uint8(0),
  options: union(1),
};

export const tensorMetadataSchema = {
  name: string(0),
  processUnits: tables(4, processUnitSchema),
  associatedFiles: tables(6, associatedFileSchema),
};

export const subgraphMetadataSchema = {
  inputs: tables(2, tensorMetadataSchema),
  outputs: tables(3, tensorMetadataSchema),
  associatedFiles: tables(4, associatedFileSchema),
};

export const modelMetadataSchema = {
  name: string(0),
  description: string(1),
  subgraphs: tables(3, subgraphMetadataSchema),
  license: string(5),
  associatedFiles: tables(6, associatedFileSchema),
};
