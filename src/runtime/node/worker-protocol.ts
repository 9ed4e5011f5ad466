import {
  AtrousError,
  DeviceError,
  type ErrorParts,
  FormatError,
  messageOf,
  OptionError,
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
  readonly name: string;
  readonly parts: ErrorParts;
}

const errorClasses = new Map(
  [DeviceError, FormatError, OptionError, UnsupportedError].map((type) => [type.name, type]),
);

/** Packs whatever was thrown; of its cause the message stays. */
export function packError(thrown: unknown): PackedError {
  if (!(thrown instanceof AtrousError)) {
    return { name: 'DeviceError', parts: { place: 'session', problem: messageOf(thrown) } };
  }
  const { name, place, problem, expected, found, fix, cause } = thrown;
  return {
    name,
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
  const cause = parts.cause === undefined ? {} : { cause: new Error(String(parts.cause)) };
  return new (errorClasses.get(name) ?? DeviceError)({ ...parts, ...cause });
}
