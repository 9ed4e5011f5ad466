import { elementTypes } from './element-type.js';
import {
  bool,
  bytes,
  count,
  enumeration,
  float32s,
  int8,
  int32,
  int32s,
  int64s,
  string,
  table,
  tables,
  uint8,
  uint32,
  uint64,
  union,
} from './table-schema.js';

/** What bytes 4 to 7 of a file say; it stands for schema version 3. */
export const modelIdentifier = 'TFL3';

export const modelVersion = 3;

/** Ways to quantise that one scale per tensor or per channel cannot express. */
export const quantizationDetails = ['none', 'custom', 'blockwise', 'multi-axis'] as const;

export const quantizationSchema = {
  scale: float32s(2),
  zeroPoint: int64s(3),
  detailsType: enumeration(4, quantizationDetails),
  axis: int32(6),
};

export const tensorSchema = {
  shape: int32s(0),
  type: enumeration(1, elementTypes),
  buffer: uint32(2),
  name: string(3),
  quantization: table(4, quantizationSchema),
  isVariable: bool(5),
  sparsity: union(6),
  shapeSignature: int32s(7),
  externalBuffer: uint32(10),
};

/** The larger of the two codes counts: the first is from when a byte was enough. */
export const operatorCodeSchema = {
  deprecatedBuiltinCode: int8(0),
  customCode: string(1),
  version: count(2, 1),
  builtinCode: int32(3),
};

export const operatorSchema = {
  opcodeIndex: uint32(0),
  inputs: int32s(1),
  outputs: int32s(2),
  /** Position in the union of option tables, 0 for none. */
  optionsType: uint8(3),
  options: union(4),
  customOptions: bytes(5),
  /** Place in the file of custom options too large for the flatbuffer; in use above 1. */
  largeOptionsOffset: uint64(9),
  largeOptionsSize: uint64(10),
};

export const subgraphSchema = {
  tensors: tables(0, tensorSchema),
  inputs: int32s(1),
  outputs: int32s(2),
  operators: tables(3, operatorSchema),
  name: string(4),
};

export const bufferSchema = {
  data: bytes(0, 16),
  /** Place in the file of data outside the flatbuffer; in use above 1. */
  offset: uint64(1),
  size: uint64(2),
};

export const metadataSchema = {
  name: string(0),
  buffer: uint32(1),
};

export const modelSchema = {
  version: uint32(0),
  operatorCodes: tables(1, operatorCodeSchema),
  subgraphs: tables(2, subgraphSchema),
  description: string(3),
  buffers: tables(4, bufferSchema),
  metadata: tables(6, metadataSchema),
};
