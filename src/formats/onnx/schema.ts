import type { DType } from '../../core/dtype.js';
import { list, message, single } from '../protobuf/message.js';
import type { OnnxAttributeKind } from './records.js';

// Field numbers, names and enumeration values are those of onnx.proto (github.com/onnx/onnx).
// Fields that are not listed, such as doc strings, are skipped.

export const modelMessage = message('ModelProto', {
  irVersion: single(1, 'int64'),
  producerName: single(2, 'string'),
  producerVersion: single(3, 'string'),
  graph: single(7, 'message'),
  opsetImports: list(8, 'message'),
  metadata: list(14, 'message'),
  functions: list(25, 'message'),
});

export const operatorSetMessage = message('OperatorSetIdProto', {
  domain: single(1, 'string'),
  version: single(2, 'int64'),
});

export const entryMessage = message('StringStringEntryProto', {
  key: single(1, 'string'),
  value: single(2, 'string'),
});

export const graphMessage = message('GraphProto', {
  nodes: list(1, 'message'),
  name: single(2, 'string'),
  initializers: list(5, 'message'),
  inputs: list(11, 'message'),
  outputs: list(12, 'message'),
  valueInfo: list(13, 'message'),
  sparseInitializers: list(15, 'message'),
});

export const nodeMessage = message('NodeProto', {
  inputs: list(1, 'string'),
  outputs: list(2, 'string'),
  name: single(3, 'string'),
  opType: single(4, 'string'),
  attributes: list(5, 'message'),
  domain: single(7, 'string'),
});

export const attributeMessage = message('AttributeProto', {
  name: single(1, 'string'),
  float: single(2, 'float'),
  int: single(3, 'int64'),
  string: single(4, 'string'),
  tensor: single(5, 'message'),
  graph: single(6, 'message'),
  floats: list(7, 'float'),
  ints: list(8, 'int64'),
  strings: list(9, 'string'),
  type: single(20, 'int32'),
  referenceName: single(21, 'string'),
});

export const tensorMessage = message('TensorProto', {
  dims: list(1, 'int64'),
  dataType: single(2, 'int32'),
  segment: single(3, 'message'),
  floatData: list(4, 'float'),
  int32Data: list(5, 'int32'),
  int64Data: list(7, 'int64'),
  name: single(8, 'string'),
  rawData: single(9, 'bytes'),
  doubleData: list(10, 'double'),
  uint64Data: list(11, 'uint64'),
  externalData: list(13, 'message'),
  dataLocation: single(14, 'int32'),
});

export const valueInfoMessage = message('ValueInfoProto', {
  name: single(1, 'string'),
  type: single(2, 'message'),
});

export const typeMessage = message('TypeProto', {
  tensor: single(1, 'message'),
  sequence: single(4, 'message'),
  map: single(5, 'message'),
  opaque: single(7, 'message'),
  sparseTensor: single(8, 'message'),
  optional: single(9, 'message'),
});

export const tensorTypeMessage = message('TypeProto.Tensor', {
  elementType: single(1, 'int32'),
  shape: single(2, 'message'),
});

export const shapeMessage = message('TensorShapeProto', {
  dims: list(1, 'message'),
});

export const dimensionMessage = message('TensorShapeProto.Dimension', {
  value: single(1, 'int64'),
  parameter: single(2, 'string'),
});

/** `TensorProto.data_location` of a tensor whose data lies in another file. */
export const externalLocation = 1;

/** `TensorProto.DataType` of each element type. */
export const dataTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

/** Element types of ONNX that a `Tensor` cannot hold. */
export const otherDataTypes: ReadonlyMap<number, string> = new Map([
  [8, 'string'],
  [14, 'complex64'],
  [15, 'complex128'],
  [16, 'bfloat16'],
  [17, 'float8e4m3fn'],
  [18, 'float8e4m3fnuz'],
  [19, 'float8e5m2'],
  [20, 'float8e5m2fnuz'],
  [21, 'uint4'],
  [22, 'int4'],
  [23, 'float4e2m1'],
  [24, 'float8e8m0'],
  [25, 'uint2'],
  [26, 'int2'],
]);

/** `AttributeProto.AttributeType` of each kind of attribute. */
export const attributeTypes: Readonly<Record<OnnxAttributeKind, number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
};

/** Kinds of attribute that no record stands for. */
export const otherAttributeTypes: ReadonlyMap<number, string> = new Map([
  [9, 'list of tensors'],
  [10, 'list of graphs'],
  [11, 'sparse tensor'],
  [12, 'list of sparse tensors'],
  [13, 'type'],
  [14, 'list of types'],
]);
