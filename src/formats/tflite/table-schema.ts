/** Width and meaning of a number stored in a flatbuffer table. */
export type NumberKind = 'int8' | 'uint8' | 'int32' | 'uint32' | 'uint64' | 'float32';

/** Element type of a vector of numbers. */
export type VectorKind = 'int32s' | 'int64s' | 'float32s';

export interface NumberField {
  readonly kind: NumberKind;
  readonly index: number;
  readonly default: number;
  /** Smallest value that makes sense; a file with less is refused. */
  readonly minimum: number;
}

export interface BoolField {
  readonly kind: 'bool';
  readonly index: number;
}

/** One byte whose value is a position in `names`; the first name is the default. */
export interface EnumField<N extends string = string> {
  readonly kind: 'enum';
  readonly index: number;
  readonly names: readonly N[];
}

export interface VectorField {
  readonly kind: VectorKind;
  readonly index: number;
}

export interface StringField {
  readonly kind: 'string';
  readonly index: number;
}

export interface BytesField {
  readonly kind: 'bytes';
  readonly index: number;
  /** Power of two that the first byte's place in the file is a multiple of. */
  readonly align: number;
}

export interface TableField<S extends TableSchema = TableSchema> {
  readonly kind: 'table';
  readonly index: number;
  readonly of: S;
}

export interface TablesField<S extends TableSchema = TableSchema> {
  readonly kind: 'tables';
  readonly index: number;
  readonly of: S;
}

/** A table whose schema another field decides. */
export interface UnionField {
  readonly kind: 'union';
  readonly index: number;
}

export type Field =
  | NumberField
  | BoolField
  | EnumField
  | VectorField
  | StringField
  | BytesField
  | TableField
  | TablesField
  | UnionField;

/** A flatbuffer table: its fields by our name, each with its number in the format and its kind. */
export interface TableSchema {
  readonly [name: string]: Field;
}

function number(kind: NumberKind, index: number, defaultValue: number, minimum: number) {
  return { kind, index, default: defaultValue, minimum };
}

export const int8 = (index: number): NumberField => number('int8', index, 0, -128);
export const uint8 = (index: number): NumberField => number('uint8', index, 0, 0);
export const uint32 = (index: number): NumberField => number('uint32', index, 0, 0);
export const uint64 = (index: number): NumberField => number('uint64', index, 0, 0);
export const int32 = (index: number, defaultValue = 0): NumberField =>
  number('int32', index, defaultValue, -(2 ** 31));
export const float32 = (index: number): NumberField =>
  number('float32', index, 0, Number.NEGATIVE_INFINITY);

/** An int32 that counts something: a file where it is below 1 is refused. */
export const count = (index: number, defaultValue = 0): NumberField =>
  number('int32', index, defaultValue, 1);

export const bool = (index: number): BoolField => ({ kind: 'bool', index });
export const enumeration = <const N extends string>(
  index: number,
  names: readonly N[],
): EnumField<N> => ({ kind: 'enum', index, names });
export const int32s = (index: number): VectorField => ({ kind: 'int32s', index });
export const int64s = (index: number): VectorField => ({ kind: 'int64s', index });
export const float32s = (index: number): VectorField => ({ kind: 'float32s', index });
export const string = (index: number): StringField => ({ kind: 'string', index });
export const bytes = (index: number, align = 1): BytesField => ({ kind: 'bytes', index, align });
export const table = <S extends TableSchema>(index: number, of: S): TableField<S> => ({
  kind: 'table',
  index,
  of,
});
export const tables = <S extends TableSchema>(index: number, of: S): TablesField<S> => ({
  kind: 'tables',
  index,
  of,
});
export const union = (index: number): UnionField => ({ kind: 'union', index });
