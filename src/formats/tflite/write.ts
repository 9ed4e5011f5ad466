import { Builder } from 'flatbuffers';
import { messageOf, OutputError } from '../../core/errors.js';
import { builtinNames, customCode } from './builtin-operators.js';
import { type Written, writeTable } from './flatbuffer-write.js';
import { operatorSchemas } from './operator-schema.js';
import type { TfliteModel, TfliteOperator, TfliteSubgraph, TfliteTensor } from './records.js';
import {
  bufferSchema,
  metadataSchema,
  modelIdentifier,
  modelSchema,
  operatorCodeSchema,
  operatorSchema,
  quantizationSchema,
  subgraphSchema,
  tensorSchema,
} from './schema.js';
import type { TableSchema } from './table-schema.js';

/**
 * Writes a model as a TensorFlow Lite file; reading it gives an equal record.
 *
 * Constants that share their memory share a buffer in the file.
 *
 * @throws OutputError for tensors with an obstacle, whose storage the record does not hold, and for
 * files beyond the 2 GiB of the format.
 */
export function writeTflite(model: TfliteModel): Uint8Array {
  try {
    return new ModelWriter(model).write();
  } catch (cause) {
    if (cause instanceof OutputError) throw cause;
    throw new OutputError({
      place: 'TensorFlow Lite model',
      problem: `could not be written: ${messageOf(cause)}`,
      fix: 'keep the constants below 1 GiB',
      cause,
    });
  }
}

class ModelWriter {
  readonly #model: TfliteModel;
  readonly #builder: Builder;
  readonly #buffers: Written[];
  /** Buffers by the memory they were written from. */
  readonly #shared = new Map<ArrayBufferLike, Map<string, number>>();
  readonly #codes = new Map<string, { index: number; operator: TfliteOperator }>();

  constructor(model: TfliteModel) {
    this.#model = model;
    this.#builder = new Builder(estimatedSize(model));
    this.#buffers = [writeTable(this.#builder, bufferSchema, {})];
  }

  write(): Uint8Array {
    const builder = this.#builder;
    const subgraphs = this.#model.subgraphs.map((subgraph) => this.#subgraph(subgraph));
    const metadata = Array.from(this.#model.metadata, ([name, data]) =>
      writeTable(builder, metadataSchema, { name, buffer: this.#buffer(data) }),
    );
    const operatorCodes = Array.from(this.#codes.values(), ({ operator }) =>
      writeOperatorCode(builder, operator),
    );
    const root = writeTable(builder, modelSchema, {
      version: this.#model.version,
      operatorCodes,
      subgraphs,
      description: this.#model.description,
      buffers: this.#buffers,
      metadata,
    });
    builder.finish(root, modelIdentifier);
    return builder.asUint8Array().slice();
  }

  #subgraph({ name, tensors, inputs, outputs, operators }: TfliteSubgraph): Written {
    return writeTable(this.#builder, subgraphSchema, {
      tensors: tensors.map((tensor) => this.#tensor(tensor)),
      inputs,
      outputs,
      operators: operators.map((operator) => this.#operator(operator)),
      name,
    });
  }

  #tensor(tensor: TfliteTensor): Written {
    if (tensor.obstacle !== undefined) {
      throw new OutputError({
        place: `tensor '${tensor.name}'`,
        problem: `cannot be written: ${tensor.obstacle} is only recognised`,
      });
    }
    const { data, quantization } = tensor;
    return writeTable(this.#builder, tensorSchema, {
      shape: tensor.shape,
      type: tensor.dtype,
      buffer: data === undefined ? 0 : this.#buffer(data),
      name: tensor.name,
      quantization: quantization && writeTable(this.#builder, quantizationSchema, quantization),
      isVariable: tensor.isVariable,
      shapeSignature: tensor.shapeSignature,
    });
  }

  /** Position of a buffer with this data. */
  #buffer(data: ArrayBufferView): number {
    const sharing = this.#shared.get(data.buffer) ?? new Map<string, number>();
    this.#shared.set(data.buffer, sharing);
    const key = `${data.byteOffset}+${data.byteLength}`;
    const known = sharing.get(key);
    if (known !== undefined) return known;
    const index = this.#buffers.length;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#buffers.push(writeTable(this.#builder, bufferSchema, { data: bytes }));
    sharing.set(key, index);
    return index;
  }

  #operator(operator: TfliteOperator): Written {
    const { inputs, outputs } = operator;
    return writeTable(this.#builder, operatorSchema, {
      opcodeIndex: this.#code(operator),
      inputs,
      outputs,
      ...(operator.name === 'CUSTOM' ? { customOptions: operator.customOptions } : {}),
      ...writeOptions(this.#builder, operator),
    });
  }

  /** Position of the operator's entry in the list of operator codes. */
  #code(operator: TfliteOperator): number {
    const custom = operator.name === 'CUSTOM' ? operator.customCode : '';
    const key = `${codeOf(operator)} ${operator.version} ${custom}`;
    const known = this.#codes.get(key);
    if (known !== undefined) return known.index;
    const index = this.#codes.size;
    this.#codes.set(key, { index, operator });
    return index;
  }
}

function writeOptions(builder: Builder, operator: TfliteOperator) {
  if (operator.name === 'CUSTOM' || operator.name === 'UNSUPPORTED') return {};
  const { unionType, fields }: { unionType: number; fields: TableSchema } =
    operatorSchemas[operator.name];
  if (unionType === 0) return {};
  // The option record has the fields' names and types: OptionsSchema ties the two.
  const options = writeTable(builder, fields, operator.options as Record<string, never>);
  return { optionsType: unionType, options };
}

function writeOperatorCode(builder: Builder, operator: TfliteOperator): Written {
  const code = codeOf(operator);
  return writeTable(builder, operatorCodeSchema, {
    // 127 tells readers from before the wider code that there is a larger one.
    deprecatedBuiltinCode: Math.min(code, 127),
    customCode: operator.name === 'CUSTOM' ? operator.customCode : '',
    version: operator.version,
    builtinCode: code,
  });
}

function codeOf(operator: TfliteOperator): number {
  if (operator.name === 'CUSTOM') return customCode;
  return operator.name === 'UNSUPPORTED' ? operator.code : builtinNames.indexOf(operator.name);
}

/** Enough for the constants and a page per operator, so that the builder seldom grows. */
function estimatedSize(model: TfliteModel): number {
  let size = 65_536;
  for (const { tensors } of model.subgraphs) {
    for (const { data } of tensors) size += 512 + (data?.byteLength ?? 0);
  }
  return size;
}
