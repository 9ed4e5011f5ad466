import { FormatError, UnsupportedError } from '../../core/errors.js';
import { decodeMessage, type MessageBudget } from '../protobuf/decode.js';
import { type ExternalDataResolver, externalData } from './external-data.js';
import { refuseOtherFormats } from './other-format.js';
import { readDomain, readGraph } from './read-graph.js';
import type { OnnxModel } from './records.js';
import { entryMessage, modelMessage, operatorSetMessage } from './schema.js';

export interface ReadOnnxOptions {
  /** Where to find weights that lie outside the file; without it such a model is refused. */
  readonly external?: ExternalDataResolver;
}

// Large models have some ten thousand parts (nodes, attributes, axes of shapes, weights).
const maximumMessages = 500_000;

/**
 * Reads the bytes of an ONNX model file.
 *
 * Weights share the memory of `bytes` where they are aligned for their type: do not change or
 * transfer `bytes` while the model is in use. `place` names the file in errors.
 *
 * @throws FormatError where the bytes are not an ONNX model, UnsupportedError where the model holds
 * what no record stands for (functions, sparse tensors, sequences, types such as bfloat16).
 */
export function readOnnx(
  bytes: Uint8Array,
  place: string,
  options: ReadOnnxOptions = {},
): OnnxModel {
  refuseOtherFormats(bytes, place);
  const budget: MessageBudget = { left: maximumMessages };
  const fields = decodeMessage(modelMessage, bytes, place, budget);
  const irVersion = Number(fields.irVersion ?? 0n);
  if (fields.graph === undefined || !(irVersion >= 1 && irVersion < 2 ** 31)) {
    throw new FormatError({
      place,
      problem: 'this is not an ONNX model',
      expected: 'a ModelProto with a graph and an IR version',
      found: fields.graph === undefined ? 'no graph' : `IR version ${irVersion}`,
      fix: 'export the model to ONNX again',
    });
  }
  if (fields.functions.length > 0) {
    throw new UnsupportedError({
      place,
      problem: 'the model defines functions of its own',
      fix: 'inline them first, for example with onnx.inliner.inline_local_functions',
    });
  }
  return {
    irVersion,
    opsetImports: readOpsetImports(fields.opsetImports, irVersion, place, budget),
    producerName: fields.producerName ?? '',
    producerVersion: fields.producerVersion ?? '',
    metadata: readMetadata(fields.metadata, place, budget),
    graph: readGraph(fields.graph, place, { budget, external: externalData(options.external) }),
  };
}

function readOpsetImports(
  parts: readonly Uint8Array[],
  irVersion: number,
  place: string,
  budget: MessageBudget,
): ReadonlyMap<string, number> {
  // Files older than IR version 3 cannot tell; they mean the first operator set.
  if (parts.length === 0 && irVersion < 3) return new Map([['', 1]]);
  const imports = new Map<string, number>();
  for (const part of parts) {
    const { domain, version } = decodeMessage(operatorSetMessage, part, place, budget);
    const number = Number(version ?? 0n);
    if (!(number >= 1 && number < 2 ** 31)) {
      throw new FormatError({
        place,
        problem: `the version of operator set "${readDomain(domain)}" makes no sense`,
        expected: 'a positive number',
        found: `${number}`,
      });
    }
    imports.set(readDomain(domain), number);
  }
  if (imports.size === 0) {
    throw new FormatError({
      place,
      problem: 'the model does not say which operator sets it uses',
      fix: 'export the model to ONNX again',
    });
  }
  return imports;
}

function readMetadata(
  parts: readonly Uint8Array[],
  place: string,
  budget: MessageBudget,
): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  for (const part of parts) {
    const { key, value } = decodeMessage(entryMessage, part, place, budget);
    metadata.set(key ?? '', value ?? '');
  }
  return metadata;
}
