import type { DType, ElementArrays } from '../../core/dtype.js';
import { UnsupportedError } from '../../core/errors.js';
import type { Shape, Tensor } from '../../core/tensor.js';
import { isHeld, type UnsupportedDType } from './element-type.js';
import type { OperatorName, OperatorOptions } from './operator-options.js';

/** A TensorFlow Lite file as plain data. */
export interface TfliteModel {
  /** Version of the schema: 3. */
  readonly version: number;
  readonly description: string;
  /** At least one; the first is the model, others are bodies of its control flow. */
  readonly subgraphs: readonly TfliteSubgraph[];
  /** Named blobs, such as `min_runtime_version` and `TFLITE_METADATA`. */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
}

export interface TfliteSubgraph {
  readonly name: string;
  readonly tensors: readonly TfliteTensor[];
  /** Positions in `tensors`. */
  readonly inputs: readonly number[];
  /** Positions in `tensors`. */
  readonly outputs: readonly number[];
  /** In order of execution. */
  readonly operators: readonly TfliteOperator[];
}

/** real = scale · (stored − zeroPoint), one pair for the tensor or one per index of `axis`. */
export interface TfliteQuantization {
  readonly scale: readonly number[];
  /** As many as scales. */
  readonly zeroPoint: readonly number[];
  readonly axis: number;
}

/** Why a tensor's values cannot be taken from its record although its type is known. */
export type TensorObstacle =
  | 'sparse'
  | 'custom quantization'
  | 'blockwise quantization'
  | 'multi-axis quantization'
  | 'external data';

interface TensorFields {
  readonly name: string;
  /** Sizes of the axes, 0 or more each. */
  readonly shape: Shape;
  /** The shape with −1 for axes whose size the caller chooses, where the file says so. */
  readonly shapeSignature?: readonly number[];
  readonly quantization?: TfliteQuantization;
  /** Whether it keeps its value from one run to the next. */
  readonly isVariable: boolean;
  readonly obstacle?: TensorObstacle;
}

/**
 * A tensor: a constant where it has `data`, else something computed or fed.
 *
 * Arrays are views of the file's bytes where these are aligned. A type that we cannot hold keeps
 * its raw bytes, so that only using it is an error.
 */
export type TfliteTensor =
  | {
      readonly [T in DType]: TensorFields & {
        readonly dtype: T;
        readonly data?: ElementArrays[T];
      };
    }[DType]
  | (TensorFields & { readonly dtype: UnsupportedDType; readonly data?: Uint8Array });

interface OperatorFields {
  /** Positions in the subgraph's tensors; −1 is an optional input left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Version of the operator's definition, which grows with its options. */
  readonly version: number;
}

/** An operator that the TFLite schema defines. */
export type TfliteBuiltin = {
  readonly [N in OperatorName]: OperatorFields & {
    readonly name: N;
    readonly options: OperatorOptions[N];
  };
}[OperatorName];

/** An operator that only the makers of the file define, such as `Convolution2DTransposeBias`. */
export interface TfliteCustom extends OperatorFields {
  readonly name: 'CUSTOM';
  readonly customCode: string;
  readonly customOptions: Uint8Array;
}

/** A builtin operator whose options are not described here; they are dropped. */
export interface TfliteUnsupported extends OperatorFields {
  readonly name: 'UNSUPPORTED';
  /** The schema's name, or `builtin 999` for one newer than this reader. */
  readonly builtinName: string;
  readonly code: number;
}

/** An operator, discriminated by `name`. */
export type TfliteOperator = TfliteBuiltin | TfliteCustom | TfliteUnsupported;

/**
 * The value of a constant as a tensor; undefined where the tensor is computed or fed.
 *
 * @param place Named by the error: the file and the operator that asks.
 * @throws UnsupportedError where the type or the storage is one that atrous cannot hold.
 */
export function constantTensor(record: TfliteTensor, place: string): Tensor | undefined {
  const obstacle = record.obstacle ?? (isHeld(record.dtype) ? undefined : `type ${record.dtype}`);
  if (obstacle !== undefined) {
    throw new UnsupportedError({
      place,
      problem: `tensor '${record.name}' cannot be used`,
      expected: 'dense values of a numeric type',
      found: obstacle,
      fix: 'export the model with plain float32 or 8-bit tensors',
    });
  }
  if (record.data === undefined) return undefined;
  return { dtype: record.dtype, shape: record.shape, data: record.data } as Tensor;
}
