import {
  type AttributeSpecs,
  type Attributes,
  type AttributesIn,
  maybe,
  optional,
  required,
} from './attributes.js';

/**
 * Version of the standard operators that every graph is written in.
 *
 * 17 keeps `axes` of the reductions (except ReduceSum) an attribute and is read by every ONNX
 * Runtime since 1.12.
 */
export const opsetVersion = 17;

/** The operator sets that graphs may use; '' is the standard one. */
export type Domain = '' | 'com.microsoft' | 'com.microsoft.nchwc' | typeof compositeDomain;

/**
 * Domain of the composite operators: steps of training for which ONNX has no operator. They are
 * expanded into others before a graph leaves for a file, each device in the way that suits it.
 */
export const compositeDomain = 'atrous';

interface OperatorSchema<Specs extends AttributeSpecs> {
  readonly domain: Domain;
  /** Name in its domain, where it differs from the key in the table. */
  readonly type?: string;
  /** Least and most inputs; `Infinity` for lists. */
  readonly inputs: readonly [least: number, most: number];
  readonly outputs: readonly [least: number, most: number];
  readonly attributes: Specs;
}

function operator<const Specs extends AttributeSpecs>(
  inputs: number | readonly [number, number],
  attributes: Specs,
  rest: { domain?: Domain; type?: string; outputs?: readonly [number, number] } = {},
): OperatorSchema<Specs> {
  return {
    domain: rest.domain ?? '',
    ...(rest.type === undefined ? {} : { type: rest.type }),
    inputs: typeof inputs === 'number' ? [inputs, inputs] : inputs,
    outputs: rest.outputs ?? [1, 1],
    attributes,
  };
}

const unary = operator(1, {});
const binary = operator(2, {});
const list = operator([1, Number.POSITIVE_INFINITY], {});
const microsoft = { domain: 'com.microsoft' } as const;
const blocked = { domain: 'com.microsoft.nchwc' } as const;
const composite = { domain: compositeDomain } as const;

const convolution = {
  strides: optional('ints', [1, 1]),
  dilations: optional('ints', [1, 1]),
  /** top, left, bottom, right */
  pads: optional('ints', [0, 0, 0, 0]),
  group: optional('int', 1),
} as const;

const pooling = {
  kernel_shape: required('ints'),
  strides: optional('ints', [1, 1]),
  pads: optional('ints', [0, 0, 0, 0]),
  ceil_mode: optional('int', 0),
} as const;

const reduction = operator(1, { axes: maybe('ints'), keepdims: optional('int', 1) });
const argument = operator(1, {
  axis: optional('int', 0),
  keepdims: optional('int', 1),
  select_last_index: optional('int', 0),
});

/**
 * Every operator that a graph may hold, with its ONNX attributes.
 *
 * The types `OperatorName` and `Node` follow from this table, and so do reading and writing ONNX;
 * the tables of shape rules and gradient rules are typed over it, so an operator without a rule
 * does not compile.
 */
export const operators = {
  Abs: unary,
  Ceil: unary,
  Erf: unary,
  Exp: unary,
  Floor: unary,
  HardSwish: unary,
  Identity: unary,
  Log: unary,
  Neg: unary,
  Not: unary,
  Reciprocal: unary,
  Relu: unary,
  Round: unary,
  Sigmoid: unary,
  Sign: unary,
  Softplus: unary,
  Sqrt: unary,
  Tanh: unary,
  Elu: operator(1, { alpha: optional('float', 1) }),
  HardSigmoid: operator(1, { alpha: optional('float', 0.2), beta: optional('float', 0.5) }),
  LeakyRelu: operator(1, { alpha: optional('float', 0.01) }),
  ThresholdedRelu: operator(1, { alpha: optional('float', 1) }),
  PRelu: binary,
  /** input, least, greatest; either bound may be absent */
  Clip: operator([1, 3], {}),
  /** `to` is ONNX's number of the element type */
  Cast: operator(1, { to: required('int') }),

  Add: binary,
  Sub: binary,
  Mul: binary,
  Div: binary,
  Pow: binary,
  Max: list,
  Min: list,
  Equal: binary,
  Greater: binary,
  GreaterOrEqual: binary,
  Less: binary,
  LessOrEqual: binary,
  And: binary,
  Or: binary,
  /** condition, where true, where false */
  Where: operator(3, {}),

  /** input [N, C, H, W], weights [M, C / group, kH, kW], bias [M] */
  Conv: operator([2, 3], convolution),
  /** input [N, C, H, W], weights [C, M / group, kH, kW], bias [M] */
  ConvTranspose: operator([2, 3], {
    ...convolution,
    output_padding: optional('ints', [0, 0]),
  }),
  MatMul: binary,
  Gemm: operator([2, 3], {
    alpha: optional('float', 1),
    beta: optional('float', 1),
    transA: optional('int', 0),
    transB: optional('int', 0),
  }),
  /** input, scale, bias, mean, variance: inference form */
  BatchNormalization: operator(5, { epsilon: optional('float', 1e-5) }),
  MaxPool: operator(1, { ...pooling, dilations: optional('ints', [1, 1]) }),
  AveragePool: operator(1, { ...pooling, count_include_pad: optional('int', 0) }),
  GlobalAveragePool: unary,
  GlobalMaxPool: unary,
  Softmax: operator(1, { axis: optional('int', -1) }),
  LogSoftmax: operator(1, { axis: optional('int', -1) }),

  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  /** input, axes */
  ReduceSum: operator([1, 2], { keepdims: optional('int', 1) }),
  ArgMax: argument,
  ArgMin: argument,

  Concat: operator([1, Number.POSITIVE_INFINITY], { axis: required('int') }),
  /** input, sizes */
  Split: operator([1, 2], { axis: optional('int', 0) }, { outputs: [1, Number.POSITIVE_INFINITY] }),
  /** input, starts, ends, axes, steps */
  Slice: operator([3, 5], {}),
  /** input, pads (all starts, then all ends), value */
  Pad: operator([2, 3], { mode: optional('string', 'constant') }),
  Reshape: binary,
  Transpose: operator(1, { perm: required('ints') }),
  Squeeze: operator([1, 2], {}),
  Unsqueeze: binary,
  Flatten: operator(1, { axis: optional('int', 1) }),
  Expand: binary,
  Tile: binary,
  Gather: operator(2, { axis: optional('int', 0) }),
  Shape: unary,
  DepthToSpace: operator(1, { blocksize: required('int'), mode: optional('string', 'DCR') }),
  SpaceToDepth: operator(1, { blocksize: required('int') }),
  /** input, region of interest (unused), scales, sizes */
  Resize: operator([3, 4], {
    mode: optional('string', 'nearest'),
    coordinate_transformation_mode: optional('string', 'half_pixel'),
    nearest_mode: optional('string', 'round_prefer_floor'),
    cubic_coeff_a: optional('float', -0.75),
  }),

  /** input, scale, zero point */
  QuantizeLinear: operator(3, { axis: optional('int', 1) }),
  DequantizeLinear: operator(3, { axis: optional('int', 1) }),
  /** x, its scale, zero point; w, its scale, zero point; scale and zero point of y; int32 bias */
  QLinearConv: operator([8, 9], convolution),
  /** a, its scale, zero point; b, its scale, zero point; scale and zero point of c */
  QLinearAdd: operator(8, {}, microsoft),
  QLinearMul: operator(8, {}, microsoft),
  /** scale and zero point of y; then each input with its scale and zero point */
  QLinearConcat: operator([5, Number.POSITIVE_INFINITY], { axis: required('int') }, microsoft),
  /** x, its scale, zero point; scale and zero point of y */
  QLinearAveragePool: operator(
    5,
    { ...pooling, count_include_pad: optional('int', 0), channels_last: optional('int', 0) },
    microsoft,
  ),
  QLinearGlobalAveragePool: operator(5, { channels_last: optional('int', 0) }, microsoft),
  QLinearSigmoid: operator(5, {}, microsoft),

  /** input, indices of its rank */
  GatherElements: operator(2, { axis: optional('int', 0) }),
  /** input, indices, updates */
  ScatterElements: operator(3, { axis: optional('int', 0), reduction: optional('string', 'none') }),
  /** input, k: the k largest along an axis and where they are */
  TopK: operator(
    2,
    { axis: optional('int', -1), largest: optional('int', 1), sorted: optional('int', 1) },
    { outputs: [2, 2] },
  ),
  /** input, axis: running sums */
  CumSum: operator(2, { exclusive: optional('int', 0), reverse: optional('int', 0) }),
  /** Matrix product that reads its factors as they are or transposed. */
  FusedMatMul: operator(
    2,
    { alpha: optional('float', 1), transA: optional('int', 0), transB: optional('int', 0) },
    microsoft,
  ),
  /** [N, C, H, W] to the CPU provider's blocked layout, channels filled up to whole blocks */
  ReorderInput: operator(1, {}, blocked),
  /** Back from the blocked layout to [N, channels, H, W] */
  ReorderOutput: operator(1, { channels: required('int') }, blocked),
  /** Convolution in blocked layout: x, blocked weights, bias, a blocked value to add */
  BlockedConv: operator(
    [2, 4],
    {
      ...convolution,
      kernel_shape: required('ints'),
      activation: maybe('string'),
      activation_params: maybe('floats'),
    },
    { ...blocked, type: 'Conv' },
  ),
  BlockedGlobalAveragePool: operator(1, {}, { ...blocked, type: 'GlobalAveragePool' }),

  /** x and the gradient dy of Conv(x, w): the gradient of w, [M, C / group, kH, kW] */
  ConvWeightGradient: operator(2, { ...convolution, kernel_shape: required('ints') }, composite),
  /** dy where y, the result of a clamp, lies strictly between the bounds, else 0 */
  ClipGradient: operator(
    2,
    {
      least: optional('float', Number.NEGATIVE_INFINITY),
      greatest: optional('float', Number.POSITIVE_INFINITY),
    },
    composite,
  ),
  /** dy, x of MaxPool(x): dy at the first largest element of each window, else 0 */
  MaxPoolGradient: operator(2, { ...pooling, dilations: optional('ints', [1, 1]) }, composite),
  /** x, gamma, beta: normalised by the batch's own statistics; also its mean and biased variance */
  BatchNormTraining: operator(
    3,
    { epsilon: optional('float', 1e-5) },
    { ...composite, outputs: [3, 3] },
  ),
  /** dy, x, gamma, mean, variance: gradients of x, gamma and beta */
  BatchNormTrainingGradient: operator(
    5,
    { epsilon: optional('float', 1e-5) },
    { ...composite, outputs: [3, 3] },
  ),
  /** logits [N, C, H, W], int64 labels [N, H, W]: loss and log(sum(exp(logits))), [N, H, W] */
  SoftmaxCrossEntropy: operator(2, {}, { ...composite, outputs: [2, 2] }),
  /** gradient of the losses, logits, labels, log(sum(exp(logits))): gradient of the logits */
  SoftmaxCrossEntropyGradient: operator(4, {}, composite),
} as const;

/** Name of an operator in the table. */
export type OperatorName = keyof typeof operators;

/** Operators that are expanded into others before a graph can run. */
export const compositeNames = [
  'ConvWeightGradient',
  'ClipGradient',
  'MaxPoolGradient',
  'BatchNormTraining',
  'BatchNormTrainingGradient',
  'SoftmaxCrossEntropy',
  'SoftmaxCrossEntropyGradient',
] as const satisfies readonly OperatorName[];

export type CompositeName = (typeof compositeNames)[number];

/** Operators on the CPU provider's blocked layout, which some builds lack. */
export const blockedNames = [
  'ReorderInput',
  'ReorderOutput',
  'BlockedConv',
  'BlockedGlobalAveragePool',
] as const satisfies readonly OperatorName[];

export type BlockedName = (typeof blockedNames)[number];

/** Attributes as a caller of the builder gives them. */
export type AttributesInOf<Op extends OperatorName> = AttributesIn<
  (typeof operators)[Op]['attributes']
>;

/** Attributes as a node holds them, defaults filled in. */
export type AttributesOf<Op extends OperatorName> = Attributes<
  (typeof operators)[Op]['attributes']
>;

/** Schema of an operator, without the detail of which one. */
export function schemaOf(op: OperatorName): OperatorSchema<AttributeSpecs> {
  return operators[op];
}
