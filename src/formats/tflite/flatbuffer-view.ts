import { ByteBuffer } from 'flatbuffers';
import { FormatError } from '../../core/errors.js';
import type {
  BoolField,
  BytesField,
  EnumField,
  Field,
  NumberField,
  NumberKind,
  StringField,
  TableField,
  TableSchema,
  TablesField,
  UnionField,
  VectorField,
  VectorKind,
} from './table-schema.js';

/** What reading a field gives; vectors that the file leaves out are empty. */
export type ReadValue<F extends Field> = F extends NumberField
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
            ? Uint8Array | undefined
            : F extends TableField<infer S>
              ? TableView<S> | undefined
              : F extends TablesField<infer S>
                ? readonly TableView<S>[]
                : F extends UnionField
                  ? boolean
                  : never;

const damaged = 'the file is damaged or cut short: fetch it again';

const numberWidth: Readonly<Record<NumberKind, number>> = {
  int8: 1,
  uint8: 1,
  int32: 4,
  uint32: 4,
  uint64: 8,
  float32: 4,
};

const elementWidth: Readonly<Record<VectorKind, number>> = { int32s: 4, int64s: 8, float32s: 4 };

/**
 * A flatbuffer of unknown origin.
 *
 * Every position is verified before it is read. Offsets only lead forward, and all that is
 * visited is paid from a budget proportional to the file, because the offsets of a hostile file may
 * share their targets: a vector of n offsets to one vector of n elements costs n² otherwise.
 */
export class FlatbufferFile {
  readonly bytes: Uint8Array;
  readonly place: string;
  readonly #buffer: ByteBuffer;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #budget: number;

  constructor(bytes: Uint8Array, place: string) {
    // A subclass such as Node's Buffer slices without copying and would show in the records.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.place = place;
    this.#buffer = new ByteBuffer(this.bytes);
    this.#budget = 8 * bytes.length + 65_536;
  }

  /** The root table, at the offset in the first four bytes. */
  root<S extends TableSchema>(schema: S): TableView<S> {
    return new TableView(this, schema, this.target(0, 'root'), '');
  }

  fail(path: string, problem: string, expected?: string, found?: string): FormatError {
    return new FormatError({
      place: path === '' ? this.place : `${this.place}: ${path}`,
      problem,
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      fix: damaged,
    });
  }

  /** Refuses to go on unless `size` bytes at `position` lie inside the file. */
  verify(position: number, size: number, path: string): void {
    if (position >= 0 && position + size <= this.bytes.length) return;
    throw this.fail(
      path,
      'points outside the file',
      `at most ${this.bytes.length} bytes`,
      `${size} bytes at ${position}`,
    );
  }

  /** Pays for `work` bytes visited or copied. */
  spend(work: number, path: string): void {
    this.#budget -= work;
    if (this.#budget < 0) throw this.fail(path, 'refers to the same bytes over and over');
  }

  uint16(position: number, path: string): number {
    this.verify(position, 2, path);
    return this.#buffer.readUint16(position);
  }

  number(kind: NumberKind, position: number, path: string): number {
    this.verify(position, numberWidth[kind], path);
    switch (kind) {
      case 'int8':
        return this.#buffer.readInt8(position);
      case 'uint8':
        return this.#buffer.readUint8(position);
      case 'int32':
        return this.#buffer.readInt32(position);
      case 'uint32':
        return this.#buffer.readUint32(position);
      case 'uint64':
        return this.#safe(this.#buffer.readUint64(position), path);
      case 'float32':
        return this.#buffer.readFloat32(position);
    }
  }

  /** Where the unsigned offset at `position` leads. */
  target(position: number, path: string): number {
    const offset = this.number('uint32', position, path);
    if (offset === 0) throw this.fail(path, 'has an offset of zero');
    this.verify(position + offset, 4, path);
    return position + offset;
  }

  /** Start and length of the vector at `position`, whose elements are `width` bytes wide. */
  vector(position: number, width: number, path: string): { start: number; length: number } {
    const length = this.number('uint32', position, path);
    this.verify(position + 4, length * width, path);
    return { start: position + 4, length };
  }

  numbers(kind: VectorKind, position: number, path: string): readonly number[] {
    const width = elementWidth[kind];
    const { start, length } = this.vector(position, width, path);
    this.spend(length * width, path);
    const element = (at: number): number => {
      if (kind === 'int32s') return this.#buffer.readInt32(at);
      if (kind === 'float32s') return this.#buffer.readFloat32(at);
      return this.#safe(this.#buffer.readInt64(at), path);
    };
    return Array.from({ length }, (_, i) => element(start + i * width));
  }

  string(position: number, path: string): string {
    const { start, length } = this.vector(position, 1, path);
    this.spend(length, path);
    // A copy, because browsers do not decode from shared memory.
    return this.#decoder.decode(this.bytes.slice(start, start + length));
  }

  #safe(value: bigint, path: string): number {
    const small = Number(value);
    if (Number.isSafeInteger(small)) return small;
    throw this.fail(path, 'is out of range', 'a 53-bit integer', `${value}`);
  }
}

/** One table of a flatbuffer, read by the names of its schema. */
export class TableView<S extends TableSchema> {
  readonly file: FlatbufferFile;
  readonly path: string;
  readonly #schema: S;
  readonly #position: number;
  readonly #vtable: number;
  readonly #vtableSize: number;
  readonly #size: number;

  constructor(file: FlatbufferFile, schema: S, position: number, path: string) {
    file.spend(16, path);
    this.file = file;
    this.path = path;
    this.#schema = schema;
    this.#position = position;
    this.#vtable = position - file.number('int32', position, path);
    this.#vtableSize = file.uint16(this.#vtable, path);
    this.#size = file.uint16(this.#vtable + 2, path);
    if (this.#vtableSize < 4 || this.#size < 4) throw file.fail(path, 'is not a table');
    file.verify(this.#vtable, this.#vtableSize, path);
    file.verify(position, this.#size, path);
  }

  /** The value of a field, or its default where the file leaves it out. */
  read<K extends keyof S & string>(name: K): ReadValue<S[K]> {
    // The switch inside gives for each kind the type that ReadValue gives it.
    return this.#value(this.#schema[name] as Field, name) as ReadValue<S[K]>;
  }

  /** Whether the file has this field. */
  has(name: keyof S & string): boolean {
    return this.#locate(this.#schema[name] as Field, 1, name) !== undefined;
  }

  /** The table in a union field, read as `schema`. */
  readUnion<T extends TableSchema>(name: keyof S & string, schema: T): TableView<T> | undefined {
    const path = this.pathOf(name);
    const at = this.#locate(this.#schema[name] as Field, 4, name);
    if (at === undefined) return undefined;
    return new TableView(this.file, schema, this.file.target(at, path), path);
  }

  /** An error about one field of this table. */
  fail(name: string, problem: string, expected?: string, found?: string): FormatError {
    return this.file.fail(this.pathOf(name), problem, expected, found);
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  #value(field: Field, name: string): unknown {
    const { file } = this;
    const path = this.pathOf(name);
    switch (field.kind) {
      case 'bool': {
        const at = this.#locate(field, 1, name);
        return at !== undefined && file.number('uint8', at, path) !== 0;
      }
      case 'enum': {
        const at = this.#locate(field, 1, name);
        const code = at === undefined ? 0 : file.number('uint8', at, path);
        const found = field.names[code];
        if (found !== undefined) return found;
        throw file.fail(path, 'is unknown', `0 to ${field.names.length - 1}`, `${code}`);
      }
      case 'union':
        return this.has(name);
      case 'string':
      case 'bytes':
      case 'table':
      case 'tables':
      case 'int32s':
      case 'int64s':
      case 'float32s': {
        const at = this.#locate(field, 4, name);
        return this.#outOfLine(field, at === undefined ? undefined : file.target(at, path), path);
      }
      default: {
        const at = this.#locate(field, numberWidth[field.kind], name);
        const value = at === undefined ? field.default : file.number(field.kind, at, path);
        if (!Number.isFinite(value)) throw file.fail(path, 'is not a finite number');
        if (value >= field.minimum) return value;
        throw file.fail(path, 'is too small', `at least ${field.minimum}`, `${value}`);
      }
    }
  }

  #outOfLine(
    field: VectorField | StringField | BytesField | TableField | TablesField,
    target: number | undefined,
    path: string,
  ): unknown {
    const { file } = this;
    switch (field.kind) {
      case 'string':
        return target === undefined ? '' : file.string(target, path);
      case 'bytes': {
        if (target === undefined) return undefined;
        const { start, length } = file.vector(target, 1, path);
        return file.bytes.subarray(start, start + length);
      }
      case 'table':
        return target === undefined ? undefined : new TableView(file, field.of, target, path);
      case 'tables': {
        if (target === undefined) return [];
        const { start, length } = file.vector(target, 4, path);
        return Array.from({ length }, (_, i) => {
          const item = `${path}[${i}]`;
          return new TableView(file, field.of, file.target(start + i * 4, item), item);
        });
      }
      default:
        return target === undefined ? [] : file.numbers(field.kind, target, path);
    }
  }

  /** Position of a field's inline part, `width` bytes wide; undefined where the file has none. */
  #locate(field: Field, width: number, name: string): number | undefined {
    const slot = 4 + 2 * field.index;
    if (slot + 2 > this.#vtableSize) return undefined;
    const offset = this.file.uint16(this.#vtable + slot, this.path);
    if (offset === 0) return undefined;
    if (offset >= 4 && offset + width <= this.#size) return this.#position + offset;
    throw this.fail(name, 'lies outside its table', `${this.#size} bytes`, `byte ${offset}`);
  }
}
