import { elementTypes } from './element-type.js';
import type {
  Activation,
  OperatorName,
  OperatorOptions,
  Padding,
  PlainOperatorName,
} from './operator-options.js';
import {
  type BoolField,
  bool,
  count,
  type EnumField,
  enumeration,
  float32,
  int32,
  int32s,
  type NumberField,
  type VectorField,
} from './table-schema.js';

/** The field that stores an option of type T. */
type FieldOf<T> = [T] extends [boolean]
  ? BoolField
  : [T] extends [number]
    ? NumberField
    : [T] extends [readonly number[]]
      ? VectorField
      : [T] extends [string]
        ? EnumField<T>
        : never;

/** How an operator's options lie in a file. */
export interface OptionsSchema<O> {
  /** Position of the table in the format's union of option tables; 0: it has none of interest. */
  readonly unionType: number;
  readonly fields: { readonly [K in keyof O]: FieldOf<O[K]> };
}

const paddings: readonly Padding[] = ['SAME', 'VALID'];
const activations: readonly Activation[] = [
  'NONE',
  'RELU',
  'RELU_N1_TO_1',
  'RELU6',
  'TANH',
  'SIGN_BIT',
];

const fused = { activation: enumeration(0, activations) };
const window = {
  padding: enumeration(0, paddings),
  strideWidth: count(1),
  strideHeight: count(2),
};
const pool: OptionsSchema<OperatorOptions['AVERAGE_POOL_2D']> = {
  unionType: 5,
  fields: {
    ...window,
    filterWidth: count(3),
    filterHeight: count(4),
    activation: enumeration(5, activations),
  },
};
const reduction: OptionsSchema<OperatorOptions['MEAN']> = {
  unionType: 27,
  fields: { keepDims: bool(0) },
};
const elementType = (index: number) => enumeration(index, elementTypes);
const plain = { unionType: 0, fields: {} };

const plainSchemas: { readonly [N in PlainOperatorName]: typeof plain } = {
  ABS: plain,
  BATCH_TO_SPACE_ND: plain,
  BROADCAST_TO: plain,
  DEQUANTIZE: plain,
  ELU: plain,
  EQUAL: plain,
  EXP: plain,
  EXPAND_DIMS: plain,
  FILL: plain,
  FLOOR: plain,
  GREATER: plain,
  GREATER_EQUAL: plain,
  HARD_SWISH: plain,
  LESS: plain,
  LESS_EQUAL: plain,
  LOG: plain,
  LOGISTIC: plain,
  LOG_SOFTMAX: plain,
  MAXIMUM: plain,
  MINIMUM: plain,
  NEG: plain,
  NOT_EQUAL: plain,
  PAD: plain,
  PADV2: plain,
  POW: plain,
  PRELU: plain,
  QUANTIZE: plain,
  RANGE: plain,
  RELU: plain,
  RELU6: plain,
  RELU_N1_TO_1: plain,
  RSQRT: plain,
  SELECT: plain,
  SELECT_V2: plain,
  SLICE: plain,
  SPACE_TO_BATCH_ND: plain,
  SQRT: plain,
  SQUARE: plain,
  SQUARED_DIFFERENCE: plain,
  TANH: plain,
  TILE: plain,
  TRANSPOSE: plain,
};

/** The options of every described operator: a missing or mistyped one does not compile. */
export const operatorSchemas: {
  readonly [N in OperatorName]: OptionsSchema<OperatorOptions[N]>;
} = {
  ...plainSchemas,
  ADD: { unionType: 11, fields: fused },
  ARG_MAX: { unionType: 40, fields: { outputType: elementType(0) } },
  ARG_MIN: { unionType: 57, fields: { outputType: elementType(0) } },
  AVERAGE_POOL_2D: pool,
  BATCH_MATMUL: {
    unionType: 101,
    fields: { adjointX: bool(0), adjointY: bool(1), asymmetricQuantizeInputs: bool(2) },
  },
  CAST: { unionType: 37, fields: { inputType: elementType(0), outputType: elementType(1) } },
  CONCATENATION: {
    unionType: 10,
    fields: { axis: int32(0), activation: enumeration(1, activations) },
  },
  CONV_2D: {
    unionType: 1,
    fields: {
      ...window,
      activation: enumeration(3, activations),
      dilationWidth: count(4, 1),
      dilationHeight: count(5, 1),
    },
  },
  DEPTHWISE_CONV_2D: {
    unionType: 2,
    fields: {
      ...window,
      depthMultiplier: int32(3),
      activation: enumeration(4, activations),
      dilationWidth: count(5, 1),
      dilationHeight: count(6, 1),
    },
  },
  DEPTH_TO_SPACE: { unionType: 94, fields: { blockSize: count(0) } },
  DIV: { unionType: 29, fields: fused },
  FULLY_CONNECTED: {
    unionType: 8,
    fields: {
      ...fused,
      weightsFormat: enumeration(1, ['DEFAULT', 'SHUFFLED4x16INT8']),
      keepNumDims: bool(2),
      asymmetricQuantizeInputs: bool(3),
    },
  },
  GATHER: { unionType: 23, fields: { axis: int32(0), batchDims: int32(1) } },
  LEAKY_RELU: { unionType: 75, fields: { alpha: float32(0) } },
  MAX_POOL_2D: pool,
  MEAN: reduction,
  MIRROR_PAD: { unionType: 77, fields: { mode: enumeration(0, ['REFLECT', 'SYMMETRIC']) } },
  MUL: { unionType: 21, fields: fused },
  PACK: { unionType: 59, fields: { values: count(0), axis: int32(1) } },
  REDUCE_MAX: reduction,
  RESHAPE: { unionType: 17, fields: { newShape: int32s(0) } },
  RESIZE_BILINEAR: {
    unionType: 15,
    fields: { alignCorners: bool(2), halfPixelCenters: bool(3) },
  },
  RESIZE_NEAREST_NEIGHBOR: {
    unionType: 74,
    fields: { alignCorners: bool(0), halfPixelCenters: bool(1) },
  },
  SHAPE: { unionType: 55, fields: { outputType: elementType(0) } },
  SOFTMAX: { unionType: 9, fields: { beta: float32(0) } },
  SPACE_TO_DEPTH: { unionType: 19, fields: { blockSize: count(0) } },
  SPLIT: { unionType: 35, fields: { splits: count(0) } },
  SPLIT_V: { unionType: 79, fields: { splits: count(0) } },
  SQUEEZE: { unionType: 30, fields: { squeezeDims: int32s(0) } },
  STRIDED_SLICE: {
    unionType: 32,
    fields: {
      beginMask: int32(0),
      endMask: int32(1),
      ellipsisMask: int32(2),
      newAxisMask: int32(3),
      shrinkAxisMask: int32(4),
      offset: bool(5),
    },
  },
  SUB: { unionType: 28, fields: fused },
  SUM: reduction,
  TRANSPOSE_CONV: { unionType: 49, fields: { ...window, activation: enumeration(3, activations) } },
  UNPACK: { unionType: 64, fields: { values: count(0), axis: int32(1) } },
};
