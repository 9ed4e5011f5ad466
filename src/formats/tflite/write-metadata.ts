import { Builder } from 'flatbuffers';
import { appendZip } from './appended-zip.js';
import { type Written, writeTable } from './flatbuffer-write.js';
import type { TfliteMetadata } from './metadata.js';
import {
  associatedFileSchema,
  metadataIdentifier,
  metadataName,
  modelMetadataSchema,
  normalisationSchema,
  normalisationType,
  processUnitSchema,
  subgraphMetadataSchema,
  tensorMetadataSchema,
} from './metadata-schema.js';
import { readTflite } from './read.js';
import { writeTflite } from './write.js';

const labelFile = 'labels.txt';

/**
 * A model file with metadata: the M001 table inside, the labels in a zip archive behind.
 *
 * The model is read and written anew, so it must hold only what a record holds; metadata that it
 * has already is replaced.
 */
export function appendTfliteMetadata(bytes: Uint8Array, metadata: TfliteMetadata): Uint8Array {
  const model = readTflite(bytes, 'TensorFlow Lite model');
  const table = writeMetadataTable(metadata);
  const written = writeTflite({
    ...model,
    metadata: new Map([...model.metadata, [metadataName, table]]),
  });
  return metadata.labels === undefined ? written : appendTfliteLabels(written, metadata.labels);
}

/** A model file with only a zip archive of its labels behind it, one label a line. */
export function appendTfliteLabels(bytes: Uint8Array, labels: readonly string[]): Uint8Array {
  const text = labels.map((label) => `${label}\n`).join('');
  return appendZip(bytes, { [labelFile]: new TextEncoder().encode(text) });
}

function writeMetadataTable(metadata: TfliteMetadata): Uint8Array {
  const builder = new Builder();
  const { labels, normalisation } = metadata;
  const inputs =
    normalisation === undefined ? [] : [writeInput(builder, normalisation.mean, normalisation.std)];
  const outputs = labels === undefined ? [] : [writeOutput(builder)];
  const root = writeTable(builder, modelMetadataSchema, {
    name: metadata.name,
    description: metadata.description,
    license: metadata.license,
    subgraphs: [writeTable(builder, subgraphMetadataSchema, { inputs, outputs })],
  });
  builder.finish(root, metadataIdentifier);
  return builder.asUint8Array().slice();
}

function writeInput(builder: Builder, mean: readonly number[], std: readonly number[]): Written {
  const unit = writeTable(builder, processUnitSchema, {
    optionsType: normalisationType,
    options: writeTable(builder, normalisationSchema, { mean, std }),
  });
  return writeTable(builder, tensorMetadataSchema, { name: 'image', processUnits: [unit] });
}

function writeOutput(builder: Builder): Written {
  const file = writeTable(builder, associatedFileSchema, {
    name: labelFile,
    type: 'axis labels',
  });
  return writeTable(builder, tensorMetadataSchema, {
    name: 'segmentation',
    associatedFiles: [file],
  });
}
