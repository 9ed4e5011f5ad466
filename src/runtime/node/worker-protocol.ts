import type * as errors from '../../core/errors.js';
import {
  AtrousError,
  DeviceError,
  type ErrorParts,
  FormatError,
  GraphError,
  InternalError,
  messageOf,
  OptionError,
  OutputError,
  UnsupportedError,
} from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import type { NamedTensors, OperatorTime, SessionOptions, ValueType } from '../session.js';

/** What a session and its worker ask and answer, by the kind of request. */
export interface Exchanges {
  readonly open: {
    readonly ask: { readonly model: Uint8Array; readonly options: SessionOptions };
    readonly answer: {
      readonly inputs: readonly ValueType[];
      readonly outputs: readonly ValueType[];
    };
  };
  readonly run: {
    readonly ask: { readonly feeds: NamedTensors; readonly fetches: readonly string[] };
    readonly answer: Readonly<Record<string, Tensor>>;
  };
  readonly profile: {
    readonly ask: undefined;
    readonly answer: readonly OperatorTime[];
  };
  readonly dispose: { readonly ask: undefined; readonly answer: undefined };
}

export type RequestKind = keyof Exchanges;

/** A request, discriminated by its kind; answers carry its id. */
export type Request = {
  [K in RequestKind]: { readonly id: number; readonly kind: K; readonly ask: Exchanges[K]['ask'] };
}[RequestKind];

export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: PackedError };

/** An error as plain data: classes and causes do not survive the way between threads. */
export interface PackedError {
  readonly name: ErrorName;
  readonly parts: ErrorParts;
}

type Errors = typeof errors;

/** The names of all classes of errors. */
type ErrorName = {
  [K in keyof Errors]: Errors[K] extends new (...args: never) => AtrousError ? K : never;
}[keyof Errors];

/** How each class comes to life again. */
const errorClasses: { readonly [K in ErrorName]: (parts: ErrorParts) => InstanceType<Errors[K]> } =
  {
    AtrousError: (parts) => new AtrousError(parts),
    DeviceError: (parts) => new DeviceError(parts),
    FormatError: (parts) => new FormatError(parts),
    GraphError: (parts) => new GraphError(parts),
    InternalError: ({ place, problem, cause }) =>
      new InternalError(place.replace(/^internal: /, ''), problem, cause),
    OptionError: (parts) => new OptionError(parts),
    OutputError: (parts) => new OutputError(parts),
    UnsupportedError: (parts) => new UnsupportedError(parts),
  };

function isErrorName(name: string): name is ErrorName {
  return Object.hasOwn(errorClasses, name);
}

/** Packs whatever was thrown; of its cause the message stays. */
export function packError(thrown: unknown): PackedError {
  if (!(thrown instanceof AtrousError)) {
    return { name: 'DeviceError', parts: { place: 'session', problem: messageOf(thrown) } };
  }
  const { name, place, problem, expected, found, fix, cause } = thrown;
  return {
    // Classes of other folders arrive as what all of them are.
    name: isErrorName(name) ? name : 'AtrousError',
    parts: {
      place,
      problem,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      ...(fix === undefined ? {} : { fix }),
      ...(cause === undefined ? {} : { cause: messageOf(cause) }),
    },
  };
}

/** The error that was packed, in its own class again. */
export function unpackError({ name, parts }: PackedError): AtrousError {
  const { cause, ...rest } = parts;
  const again = cause === undefined ? rest : { ...rest, cause: new Error(String(cause)) };
  return errorClasses[name](again);
}
