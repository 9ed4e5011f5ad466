import { WireType } from '@bufbuild/protobuf/wire';

/** What a field that occurs at most once reads as. */
export interface SingleTypes {
  readonly int32: number;
  readonly int64: bigint;
  readonly fixed32: number;
  readonly float: number;
  readonly double: number;
  readonly string: string;
  readonly bytes: Uint8Array;
  /** A nested message, still encoded: its reader decodes it when it wants it. */
  readonly message: Uint8Array;
}

/** What a repeated field reads as. */
export interface ListTypes {
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly uint64: BigUint64Array;
  readonly float: Float32Array;
  readonly double: Float64Array;
  readonly string: readonly string[];
  readonly bytes: readonly Uint8Array[];
  readonly message: readonly Uint8Array[];
}

export type FieldType = keyof SingleTypes | keyof ListTypes;

/** A field that occurs at most once. */
export interface SingleField<T extends keyof SingleTypes> {
  readonly number: number;
  readonly type: T;
  readonly repeated: false;
}

/** A field that may occur any number of times. */
export interface ListField<T extends keyof ListTypes> {
  readonly number: number;
  readonly type: T;
  readonly repeated: true;
  /** Whether it is written as one run of numbers; it is read in either form. */
  readonly packed: boolean;
}

export type Field =
  | { [T in keyof SingleTypes]: SingleField<T> }[keyof SingleTypes]
  | { [T in keyof ListTypes]: ListField<T> }[keyof ListTypes];

export type Fields = Readonly<Record<string, Field>>;

/** A protobuf message: its name, its fields, and the fields by their number. */
export interface Message<F extends Fields> {
  readonly name: string;
  readonly fields: F;
  readonly byNumber: ReadonlyMap<number, readonly [key: string, field: Field]>;
}

/** The values of a decoded message; an absent single field is `undefined`, a list is empty. */
export type Decoded<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends SingleField<infer T>
    ? SingleTypes[T] | undefined
    : F[K] extends ListField<infer T>
      ? ListTypes[T]
      : never;
};

/** How each type stands on the wire, unpacked. */
export const wireTypes: Readonly<Record<FieldType, WireType>> = {
  int32: WireType.Varint,
  int64: WireType.Varint,
  uint64: WireType.Varint,
  fixed32: WireType.Bit32,
  float: WireType.Bit32,
  double: WireType.Bit64,
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  message: WireType.LengthDelimited,
};

export function single<T extends keyof SingleTypes>(number: number, type: T): SingleField<T> {
  return { number, type, repeated: false };
}

export function list<T extends keyof ListTypes>(number: number, type: T): ListField<T> {
  return { number, type, repeated: true, packed: false };
}

/** A list of numbers that is written packed, as in proto3. */
export function packedList<T extends Exclude<keyof ListTypes, 'string' | 'bytes' | 'message'>>(
  number: number,
  type: T,
): ListField<T> {
  return { number, type, repeated: true, packed: true };
}

/** Describes a message; fields stand in the order of their numbers, in which they are written. */
export function message<F extends Fields>(name: string, fields: F): Message<F> {
  const entries = Object.entries(fields);
  return { name, fields, byNumber: new Map(entries.map((entry) => [entry[1].number, entry])) };
}
