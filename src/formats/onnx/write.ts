import { bytesPerElement, type DType } from '../../core/dtype.js';
import { OutputError } from '../../core/errors.js';
import { elementCount, formatShape, type Tensor } from '../../core/tensor.js';
import {
  type Encoded,
  encodeMessage,
  joinEncoded,
  maximumEncodedLength,
} from '../protobuf/encode.js';
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxValueInfo } from './records.js';
import {
  attributeMessage,
  attributeTypes,
  dataTypes,
  dimensionMessage,
  entryMessage,
  graphMessage,
  modelMessage,
  nodeMessage,
  operatorSetMessage,
  shapeMessage,
  tensorMessage,
  tensorTypeMessage,
  typeMessage,
  valueInfoMessage,
} from './schema.js';

/**
 * Writes a model as the bytes of an ONNX file; equal models give equal bytes.
 *
 * @throws OutputError where the file would exceed protobuf's 2 GiB, or where a record cannot be
 * written: a tensor that does not fill its shape, a number beyond 64 bits.
 */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const place = `ONNX model "${model.graph.name}"`;
  const encoded = encodeModel(model, place);
  if (encoded.length > maximumEncodedLength) {
    throw new OutputError({
      place,
      problem: 'the model is too large for one ONNX file',
      expected: `at most ${maximumEncodedLength} bytes`,
      found: `${encoded.length}`,
      fix: 'store the weights as float16, or use a smaller model',
    });
  }
  return joinEncoded(encoded);
}

function encodeModel(model: OnnxModel, place: string): Encoded {
  return encodeMessage(modelMessage, {
    irVersion: int64(model.irVersion, `${place}, IR version`),
    producerName: presentText(model.producerName),
    producerVersion: presentText(model.producerVersion),
    graph: encodeGraph(model.graph, place),
    opsetImports: Array.from(model.opsetImports, ([domain, version]) =>
      encodeMessage(operatorSetMessage, {
        domain,
        version: int64(version, `${place}, operator set "${domain}"`),
      }),
    ),
    metadata: Array.from(model.metadata, ([key, value]) =>
      encodeMessage(entryMessage, { key, value }),
    ),
  });
}

function encodeGraph(graph: OnnxGraph, place: string): Encoded {
  return encodeMessage(graphMessage, {
    nodes: graph.nodes.map((node, index) =>
      encodeNode(node, `${place}, node ${index} (${node.opType})`),
    ),
    name: graph.name,
    initializers: graph.initializers.map(({ name, tensor }) =>
      encodeTensor(tensor, name, `${place}, initializer "${name}"`),
    ),
    inputs: graph.inputs.map((info) => encodeValueInfo(info, place)),
    outputs: graph.outputs.map((info) => encodeValueInfo(info, place)),
    valueInfo: graph.valueInfo.map((info) => encodeValueInfo(info, place)),
  });
}

function encodeNode(node: OnnxNode, place: string): Encoded {
  return encodeMessage(nodeMessage, {
    inputs: node.inputs,
    outputs: node.outputs,
    name: presentText(node.name),
    opType: node.opType,
    attributes: Array.from(node.attributes, ([name, attribute]) =>
      encodeAttribute(name, attribute, `${place}, attribute "${name}"`),
    ),
    domain: presentText(node.domain),
  });
}

function encodeAttribute(name: string, attribute: OnnxAttribute, place: string): Encoded {
  const type = attributeTypes[attribute.kind];
  switch (attribute.kind) {
    case 'float':
      return encodeMessage(attributeMessage, { name, type, float: Math.fround(attribute.value) });
    case 'int':
      return encodeMessage(attributeMessage, { name, type, int: int64(attribute.value, place) });
    case 'string':
      return encodeMessage(attributeMessage, { name, type, string: attribute.value });
    case 'tensor': {
      const tensor = encodeTensor(attribute.value, '', place);
      return encodeMessage(attributeMessage, { name, type, tensor });
    }
    case 'graph': {
      const graph = encodeGraph(attribute.value, place);
      return encodeMessage(attributeMessage, { name, type, graph });
    }
    case 'floats':
      return encodeMessage(attributeMessage, { name, type, floats: attribute.value });
    case 'ints':
      return encodeMessage(attributeMessage, { name, type, ints: attribute.value });
    case 'strings':
      return encodeMessage(attributeMessage, { name, type, strings: attribute.value });
  }
}

function encodeTensor(tensor: Tensor, name: string, place: string): Encoded {
  const { dtype, shape, data } = tensor;
  const expected = elementCount(shape) * bytesPerElement(dtype);
  if (data.byteLength !== expected) {
    throw new OutputError({
      place,
      problem: `the tensor's data does not fill its shape ${dtype}${formatShape(shape)}`,
      expected: `${expected} bytes`,
      found: `${data.byteLength}`,
    });
  }
  return encodeMessage(tensorMessage, {
    dims: shape.map((size) => int64(size, place)),
    dataType: dataTypes[dtype],
    name: presentText(name),
    // Raw data is little endian, as is every machine that JavaScript's engines run on.
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
}

function encodeValueInfo(info: OnnxValueInfo, owner: string): Encoded {
  const { name, dtype, shape } = info;
  const type =
    dtype === undefined && shape === undefined
      ? undefined
      : encodeMessage(typeMessage, {
          tensor: encodeTensorType(dtype, shape, `${owner}, value "${name}"`),
        });
  return encodeMessage(valueInfoMessage, { name, type });
}

function encodeTensorType(
  dtype: DType | undefined,
  shape: OnnxValueInfo['shape'],
  place: string,
): Encoded {
  return encodeMessage(tensorTypeMessage, {
    elementType: dtype === undefined ? undefined : dataTypes[dtype],
    shape:
      shape === undefined
        ? undefined
        : encodeMessage(shapeMessage, { dims: shape.map((size) => encodeDimension(size, place)) }),
  });
}

function encodeDimension(size: number | string, place: string): Encoded {
  if (typeof size === 'number') {
    return encodeMessage(dimensionMessage, { value: int64(size, place) });
  }
  return encodeMessage(dimensionMessage, { parameter: size === '?' ? undefined : size });
}

/** A text that is left out where it is empty. */
function presentText(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function int64(value: number | bigint, place: string): bigint {
  if (
    typeof value === 'number' ? Number.isSafeInteger(value) : BigInt.asIntN(64, value) === value
  ) {
    return BigInt(value);
  }
  throw new OutputError({
    place,
    problem: 'a number cannot be written',
    expected: 'a whole number of 64 bits',
    found: `${value}`,
  });
}
