import type { Builder } from 'flatbuffers';
import type {
  BoolField,
  BytesField,
  EnumField,
  Field,
  NumberField,
  StringField,
  TableField,
  TableSchema,
  TablesField,
  UnionField,
  VectorField,
} from './table-schema.js';

/** Place of something already written, as flatbuffers' Builder counts it. */
export type Written = number;

/** What writing a field takes; inner tables are written before the table that refers to them. */
export type WriteValue<F extends Field> = F extends NumberField
  ? number
  : F extends BoolField
    ? boolean
    : F extends EnumField<infer N>
      ? N
      : F extends VectorField
        ? readonly number[]
        : F extends StringField
          ? string
          : F extends BytesField
            ? Uint8Array
            : F extends TableField | UnionField
              ? Written
              : F extends TablesField
                ? readonly Written[]
                : never;

export type WriteValues<S extends TableSchema> = {
  readonly [K in keyof S]?: WriteValue<S[K]> | undefined;
};

/**
 * Writes one table; fields left out, empty strings and empty vectors of numbers take no space.
 *
 * Values outside an enumeration's names are a caller's error that the types exclude.
 */
export function writeTable<S extends TableSchema>(
  builder: Builder,
  schema: S,
  values: WriteValues<S>,
): Written {
  const inline: ((builder: Builder) => void)[] = [];
  let fieldCount = 0;
  for (const [name, field] of Object.entries(schema)) {
    const value: unknown = values[name];
    fieldCount = Math.max(fieldCount, field.index + 1);
    // Strings and vectors cannot be written while a table is open, so they go first.
    if (value !== undefined) inline.push(prepare(builder, field, value));
  }
  builder.startObject(fieldCount);
  for (const add of inline) add(builder);
  return builder.endObject();
}

function prepare(builder: Builder, field: Field, value: unknown): (builder: Builder) => void {
  const { index } = field;
  switch (field.kind) {
    case 'bool':
      return (open) => open.addFieldInt8(index, value === true ? 1 : 0, 0);
    case 'enum':
      return (open) => open.addFieldInt8(index, field.names.indexOf(value as string), 0);
    case 'string':
      return offset(index, value === '' ? 0 : builder.createString(value as string));
    case 'bytes':
      return offset(index, writeBytes(builder, value as Uint8Array, field.align));
    case 'table':
    case 'union':
      return offset(index, value as Written);
    case 'tables':
      return offset(index, writeOffsets(builder, value as readonly Written[]));
    case 'int32s':
    case 'int64s':
    case 'float32s':
      return offset(index, writeNumbers(builder, field, value as readonly number[]));
    default:
      return (open) => addNumber(open, field, value as number);
  }
}

function offset(index: number, written: Written): (builder: Builder) => void {
  return (builder) => builder.addFieldOffset(index, written, 0);
}

function addNumber(builder: Builder, field: NumberField, value: number): void {
  switch (field.kind) {
    case 'int8':
    case 'uint8':
      builder.addFieldInt8(field.index, value, field.default);
      return;
    case 'int32':
    case 'uint32':
      builder.addFieldInt32(field.index, value, field.default);
      return;
    case 'uint64':
      builder.addFieldInt64(field.index, BigInt(value), BigInt(field.default));
      return;
    case 'float32':
      builder.addFieldFloat32(field.index, value, field.default);
  }
}

function writeBytes(builder: Builder, value: Uint8Array, align: number): Written {
  builder.prep(align, value.length);
  return builder.createByteVector(value);
}

function writeOffsets(builder: Builder, items: readonly Written[]): Written {
  builder.startVector(4, items.length, 4);
  for (const item of items.toReversed()) builder.addOffset(item);
  return builder.endVector();
}

function writeNumbers(builder: Builder, field: VectorField, values: readonly number[]): Written {
  if (values.length === 0) return 0;
  const width = field.kind === 'int64s' ? 8 : 4;
  builder.startVector(width, values.length, width);
  for (const value of values.toReversed()) {
    if (field.kind === 'int32s') builder.addInt32(value);
    else if (field.kind === 'float32s') builder.addFloat32(value);
    else builder.addInt64(BigInt(value));
  }
  return builder.endVector();
}
