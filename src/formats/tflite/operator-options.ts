import type { TfliteDType } from './element-type.js';

/** What a fused operator applies to its result. */
export type Activation = 'NONE' | 'RELU' | 'RELU_N1_TO_1' | 'RELU6' | 'TANH' | 'SIGN_BIT';

/** SAME pads so that the output is ceil(input / stride); VALID does not pad. */
export type Padding = 'SAME' | 'VALID';

interface Fused {
  readonly activation: Activation;
}

interface Window {
  readonly padding: Padding;
  readonly strideHeight: number;
  readonly strideWidth: number;
}

interface Convolution extends Window, Fused {
  readonly dilationHeight: number;
  readonly dilationWidth: number;
}

interface Pool extends Window, Fused {
  readonly filterHeight: number;
  readonly filterWidth: number;
}

interface Reduction {
  /** Whether the reduced axes stay, with size 1. */
  readonly keepDims: boolean;
}

interface Sampling {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

interface ArgOptions {
  readonly outputType: TfliteDType;
}

interface Blocks {
  readonly blockSize: number;
}

interface SplitCount {
  readonly splits: number;
}

type NoOptions = Readonly<Record<never, never>>;

/** Operators whose behaviour their inputs alone decide. */
export type PlainOperatorName =
  | 'ABS'
  | 'BATCH_TO_SPACE_ND'
  | 'BROADCAST_TO'
  | 'DEQUANTIZE'
  | 'ELU'
  | 'EQUAL'
  | 'EXP'
  | 'EXPAND_DIMS'
  | 'FILL'
  | 'FLOOR'
  | 'GREATER'
  | 'GREATER_EQUAL'
  | 'HARD_SWISH'
  | 'LESS'
  | 'LESS_EQUAL'
  | 'LOG'
  | 'LOGISTIC'
  | 'LOG_SOFTMAX'
  | 'MAXIMUM'
  | 'MINIMUM'
  | 'NEG'
  | 'NOT_EQUAL'
  | 'PAD'
  | 'PADV2'
  | 'POW'
  | 'PRELU'
  | 'QUANTIZE'
  | 'RANGE'
  | 'RELU'
  | 'RELU6'
  | 'RELU_N1_TO_1'
  | 'RSQRT'
  | 'SELECT'
  | 'SELECT_V2'
  | 'SLICE'
  | 'SPACE_TO_BATCH_ND'
  | 'SQRT'
  | 'SQUARE'
  | 'SQUARED_DIFFERENCE'
  | 'TANH'
  | 'TILE'
  | 'TRANSPOSE';

/** Options of the operators that have any. */
interface OptionedOperators {
  readonly ADD: Fused;
  readonly ARG_MAX: ArgOptions;
  readonly ARG_MIN: ArgOptions;
  readonly AVERAGE_POOL_2D: Pool;
  readonly BATCH_MATMUL: {
    readonly adjointX: boolean;
    readonly adjointY: boolean;
    readonly asymmetricQuantizeInputs: boolean;
  };
  readonly CAST: { readonly inputType: TfliteDType; readonly outputType: TfliteDType };
  readonly CONCATENATION: Fused & { readonly axis: number };
  readonly CONV_2D: Convolution;
  /** The multiplier is redundant, runtimes take output channels / input channels; it may be 0. */
  readonly DEPTHWISE_CONV_2D: Convolution & { readonly depthMultiplier: number };
  readonly DEPTH_TO_SPACE: Blocks;
  readonly DIV: Fused;
  readonly FULLY_CONNECTED: Fused & {
    readonly weightsFormat: 'DEFAULT' | 'SHUFFLED4x16INT8';
    readonly keepNumDims: boolean;
    readonly asymmetricQuantizeInputs: boolean;
  };
  readonly GATHER: { readonly axis: number; readonly batchDims: number };
  readonly LEAKY_RELU: { readonly alpha: number };
  readonly MAX_POOL_2D: Pool;
  readonly MEAN: Reduction;
  readonly MIRROR_PAD: { readonly mode: 'REFLECT' | 'SYMMETRIC' };
  readonly MUL: Fused;
  readonly PACK: { readonly values: number; readonly axis: number };
  readonly REDUCE_MAX: Reduction;
  /** Used only where the second input is missing; [] then also stands for "not given". */
  readonly RESHAPE: { readonly newShape: readonly number[] };
  readonly RESIZE_BILINEAR: Sampling;
  readonly RESIZE_NEAREST_NEIGHBOR: Sampling;
  readonly SHAPE: ArgOptions;
  readonly SOFTMAX: { readonly beta: number };
  readonly SPACE_TO_DEPTH: Blocks;
  readonly SPLIT: SplitCount;
  readonly SPLIT_V: SplitCount;
  /** [] squeezes every axis of size 1. */
  readonly SQUEEZE: { readonly squeezeDims: readonly number[] };
  /** Bit i of a mask speaks of axis i of the slice. */
  readonly STRIDED_SLICE: {
    readonly beginMask: number;
    readonly endMask: number;
    readonly ellipsisMask: number;
    readonly newAxisMask: number;
    readonly shrinkAxisMask: number;
    /** Whether `end` counts from `begin`. */
    readonly offset: boolean;
  };
  readonly SUB: Fused;
  readonly SUM: Reduction;
  readonly TRANSPOSE_CONV: Window & Fused;
  readonly UNPACK: { readonly values: number; readonly axis: number };
}

/** Options of every builtin operator that this format folder describes. */
export type OperatorOptions = OptionedOperators & {
  readonly [N in PlainOperatorName]: NoOptions;
};

/** Name of a described builtin operator, as the TFLite schema spells it. */
export type OperatorName = keyof OperatorOptions;
