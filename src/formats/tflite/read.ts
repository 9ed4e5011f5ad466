import { FormatError } from '../../core/errors.js';
import { describeFile } from './file-signature.js';
import { FlatbufferFile, type TableView } from './flatbuffer-view.js';
import { BufferTable } from './read-buffers.js';
import {
  type OperatorCode,
  readIndexes,
  readOperator,
  readOperatorCode,
} from './read-operators.js';
import { readTensor } from './read-tensors.js';
import type { TfliteModel, TfliteSubgraph } from './records.js';
import { modelIdentifier, modelSchema, modelVersion, type subgraphSchema } from './schema.js';

/**
 * Reads a TensorFlow Lite file (schema version 3).
 *
 * The record's arrays are views of `bytes` wherever these are aligned, so `bytes` must not change
 * while the record is in use.
 *
 * @param place What the errors call the file: its path or address.
 * @throws FormatError for anything that is not a sound TensorFlow Lite file.
 */
export function readTflite(bytes: Uint8Array, place: string): TfliteModel {
  checkIdentifier(bytes, place);
  const file = new FlatbufferFile(bytes, place);
  const model = file.root(modelSchema);
  const version = model.read('version');
  if (version !== modelVersion) {
    throw new FormatError({
      place,
      problem: 'the schema version is unknown',
      expected: `${modelVersion}`,
      found: `${version}`,
      fix: 'convert the model again with a current TensorFlow Lite converter',
    });
  }
  const codes = model.read('operatorCodes').map(readOperatorCode);
  const buffers = new BufferTable(file, model.read('buffers'));
  const subgraphs = model
    .read('subgraphs')
    .map((subgraph) => readSubgraph(subgraph, codes, buffers));
  if (subgraphs.length === 0) throw model.fail('subgraphs', 'are missing', 'at least one');
  const metadata = new Map<string, Uint8Array>();
  for (const entry of model.read('metadata')) {
    const blob = buffers.bytes(entry.read('buffer'), entry.pathOf('buffer'));
    metadata.set(entry.read('name'), blob ?? new Uint8Array(0));
  }
  return { version, description: model.read('description'), subgraphs, metadata };
}

function readSubgraph(
  view: TableView<typeof subgraphSchema>,
  codes: readonly OperatorCode[],
  buffers: BufferTable,
): TfliteSubgraph {
  const tensors = view.read('tensors').map((tensor) => readTensor(tensor, buffers));
  return {
    name: view.read('name'),
    tensors,
    inputs: readIndexes(view, 'inputs', 0, tensors.length),
    outputs: readIndexes(view, 'outputs', 0, tensors.length),
    operators: view
      .read('operators')
      .map((operator) => readOperator(operator, codes, tensors.length)),
  };
}

function checkIdentifier(bytes: Uint8Array, place: string): void {
  const identifier = String.fromCharCode(...bytes.subarray(4, 8));
  if (identifier === modelIdentifier) return;
  throw new FormatError({
    place,
    problem: 'this is not a TensorFlow Lite model',
    expected: `a .tflite file, with ${modelIdentifier} at its fifth byte`,
    found: describeFile(bytes),
    fix: 'give the .tflite file itself; if it was downloaded, check that the download is whole',
  });
}
