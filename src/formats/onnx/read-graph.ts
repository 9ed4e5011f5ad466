import { FormatError, UnsupportedError } from '../../core/errors.js';
import { decodeMessage } from '../protobuf/decode.js';
import { type Reading, readDType, readTensor } from './read-tensor.js';
import type {
  OnnxAttribute,
  OnnxAttributeKind,
  OnnxGraph,
  OnnxNode,
  OnnxValueInfo,
} from './records.js';
import {
  attributeMessage,
  attributeTypes,
  dimensionMessage,
  graphMessage,
  nodeMessage,
  otherAttributeTypes,
  shapeMessage,
  tensorTypeMessage,
  typeMessage,
  valueInfoMessage,
} from './schema.js';

const maximumDepth = 16;

const kindsByNumber: ReadonlyMap<number, OnnxAttributeKind> = new Map(
  (Object.keys(attributeTypes) as OnnxAttributeKind[]).map((kind) => [attributeTypes[kind], kind]),
);

/**
 * Decodes a GraphProto and the sub-graphs in its attributes.
 *
 * @throws FormatError, UnsupportedError
 */
export function readGraph(
  bytes: Uint8Array,
  place: string,
  reading: Reading,
  depth = 0,
): OnnxGraph {
  if (depth > maximumDepth) {
    throw new FormatError({
      place,
      problem: 'sub-graphs are nested too deep',
      expected: `at most ${maximumDepth} levels`,
    });
  }
  const fields = decodeMessage(graphMessage, bytes, `${place}, graph`, reading.budget);
  if (fields.sparseInitializers.length > 0) {
    throw new UnsupportedError({
      place,
      problem: 'sparse initializers are not supported',
      fix: 'save the weights as dense tensors',
    });
  }
  const initializers = fields.initializers.map((part) => {
    const { name, tensor } = readTensor(part, place, reading);
    if (name === '') throw new FormatError({ place, problem: 'an initializer has no name' });
    return { name, tensor };
  });
  const readInfo = (role: string) => (part: Uint8Array) =>
    readValueInfo(part, `${place}, ${role}`, reading);
  return {
    name: fields.name ?? '',
    nodes: fields.nodes.map((part, index) =>
      readNode(part, `${place}, node ${index}`, reading, depth),
    ),
    initializers,
    inputs: fields.inputs.map(readInfo('input')),
    outputs: fields.outputs.map(readInfo('output')),
    valueInfo: fields.valueInfo.map(readInfo('value')),
  };
}

/** A domain as records spell it: the standard operators' is `''`, by either of its names. */
export function readDomain(domain: string | undefined): string {
  return domain === undefined || domain === 'ai.onnx' ? '' : domain;
}

function readNode(bytes: Uint8Array, owner: string, reading: Reading, depth: number): OnnxNode {
  const fields = decodeMessage(nodeMessage, bytes, owner, reading.budget);
  const name = fields.name ?? '';
  const opType = fields.opType ?? '';
  if (opType === '') throw new FormatError({ place: owner, problem: 'it names no operator' });
  const place = `${owner} (${opType}${name === '' ? '' : ` "${name}"`})`;
  const attributes = new Map<string, OnnxAttribute>();
  for (const part of fields.attributes) {
    const [key, attribute] = readAttribute(part, place, reading, depth);
    if (attributes.has(key)) {
      throw new FormatError({ place, problem: `attribute "${key}" stands there twice` });
    }
    attributes.set(key, attribute);
  }
  return {
    name,
    opType,
    domain: readDomain(fields.domain),
    inputs: fields.inputs,
    outputs: fields.outputs,
    attributes,
  };
}

function readAttribute(
  bytes: Uint8Array,
  owner: string,
  reading: Reading,
  depth: number,
): readonly [name: string, attribute: OnnxAttribute] {
  const fields = decodeMessage(attributeMessage, bytes, `${owner}, attribute`, reading.budget);
  const name = fields.name ?? '';
  const place = `${owner}, attribute "${name}"`;
  if (name === '') throw new FormatError({ place: owner, problem: 'an attribute has no name' });
  if (fields.referenceName !== undefined && fields.referenceName !== '') {
    throw new UnsupportedError({ place, problem: 'references to function attributes' });
  }
  const kind = attributeKind(fields, place);
  const missing = (): FormatError =>
    new FormatError({ place, problem: 'it has no value', expected: `a ${kind}` });
  // A writer of the proto3 flavour leaves out zeros and empty texts.
  switch (kind) {
    case 'float':
      return [name, { kind, value: fields.float ?? 0 }];
    case 'int':
      return [name, { kind, value: fields.int ?? 0n }];
    case 'string':
      return [name, { kind, value: fields.string ?? '' }];
    case 'tensor':
      if (fields.tensor === undefined) throw missing();
      return [name, { kind, value: readTensor(fields.tensor, place, reading).tensor }];
    case 'graph':
      if (fields.graph === undefined) throw missing();
      return [name, { kind, value: readGraph(fields.graph, place, reading, depth + 1) }];
    case 'floats':
    case 'ints':
    case 'strings':
      return [name, { kind, value: fields[kind] } as OnnxAttribute];
  }
}

/** The kind that the attribute tells, or, in files older than IR version 2, the one it shows. */
function attributeKind(
  fields: Readonly<Record<OnnxAttributeKind, unknown>> & { readonly type: number | undefined },
  place: string,
): OnnxAttributeKind {
  const type = fields.type ?? 0;
  const told = kindsByNumber.get(type);
  if (told !== undefined) return told;
  const other = otherAttributeTypes.get(type);
  if (other !== undefined) {
    throw new UnsupportedError({
      place,
      problem: `attributes of kind "${other}" are not supported`,
      expected: Object.keys(attributeTypes).join(', '),
    });
  }
  const shown = [...kindsByNumber.values()].filter((kind) => {
    const value = fields[kind];
    return (
      value !== undefined && !(kind.endsWith('s') && (value as ArrayLike<unknown>).length === 0)
    );
  });
  const [only] = shown;
  if (type !== 0 || shown.length !== 1 || only === undefined) {
    throw new FormatError({ place, problem: 'unknown kind of attribute', found: `type ${type}` });
  }
  return only;
}

function readValueInfo(bytes: Uint8Array, owner: string, reading: Reading): OnnxValueInfo {
  const { budget } = reading;
  const fields = decodeMessage(valueInfoMessage, bytes, owner, budget);
  const name = fields.name ?? '';
  const place = `${owner} "${name}"`;
  if (name === '') throw new FormatError({ place: owner, problem: 'it has no name' });
  if (fields.type === undefined) return { name, dtype: undefined, shape: undefined };
  const type = decodeMessage(typeMessage, fields.type, place, budget);
  const { tensor, ...others } = type;
  const other = Object.entries(others).find(([, value]) => value !== undefined);
  if (other !== undefined) {
    throw new UnsupportedError({
      place,
      problem: 'only values that are dense tensors are supported',
      found: `a value of kind ${other[0]}`,
    });
  }
  if (tensor === undefined) return { name, dtype: undefined, shape: undefined };
  const tensorType = decodeMessage(tensorTypeMessage, tensor, place, budget);
  const dtype = readDType(tensorType.elementType ?? 0, place);
  if (tensorType.shape === undefined) return { name, dtype, shape: undefined };
  const { dims } = decodeMessage(shapeMessage, tensorType.shape, place, budget);
  const shape = dims.map((dim) => {
    const { value, parameter } = decodeMessage(dimensionMessage, dim, place, budget);
    // Some exporters write -1 for an unknown size.
    if (value !== undefined && value >= 0n && value <= Number.MAX_SAFE_INTEGER) {
      return Number(value);
    }
    return parameter === undefined || parameter === '' ? '?' : parameter;
  });
  return { name, dtype, shape };
}
