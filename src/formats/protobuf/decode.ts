import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { FormatError, messageOf } from '../../core/errors.js';
import {
  type Decoded,
  type Field,
  type Fields,
  type ListTypes,
  type Message,
  wireTypes,
} from './message.js';

/**
 * Counts down nested messages and byte strings, so that a hostile file of empty ones cannot fill
 * the memory.
 */
export interface MessageBudget {
  left: number;
}

type NumericType = Exclude<keyof ListTypes, 'string' | 'bytes' | 'message'>;

/** Reads elements of one numeric type into an array that grows. */
interface NumericList {
  /** Reads `count` more elements. */
  read(reader: BinaryReader, count: number): void;
  finish(): ListTypes[NumericType];
}

const numericLists: { readonly [T in NumericType]: () => NumericList } = {
  int32: () =>
    numericList(
      (length) => new Int32Array(length),
      (array, at, reader) => {
        array[at] = reader.int32();
      },
    ),
  int64: () =>
    numericList(
      (length) => new BigInt64Array(length),
      (array, at, reader) => {
        array[at] = BigInt(reader.int64());
      },
    ),
  uint64: () =>
    numericList(
      (length) => new BigUint64Array(length),
      (array, at, reader) => {
        array[at] = BigInt(reader.uint64());
      },
    ),
  float: () =>
    numericList(
      (length) => new Float32Array(length),
      (array, at, reader) => {
        array[at] = reader.float();
      },
    ),
  double: () =>
    numericList(
      (length) => new Float64Array(length),
      (array, at, reader) => {
        array[at] = reader.double();
      },
    ),
};

/**
 * Decodes one message; nested messages come back as views of its bytes.
 *
 * Numbers are read packed or not, unknown fields are skipped.
 *
 * @throws FormatError where the bytes are not such a message.
 */
export function decodeMessage<F extends Fields>(
  message: Message<F>,
  bytes: Uint8Array,
  place: string,
  budget: MessageBudget,
): Decoded<F> {
  try {
    return decodeFields(message, new BinaryReader(bytes), budget);
  } catch (cause) {
    throw new FormatError({
      place,
      problem: `the ${message.name} in it is damaged: ${messageOf(cause)}`,
      fix: 'copy the file again or make it anew',
      cause,
    });
  }
}

function decodeFields<F extends Fields>(
  message: Message<F>,
  reader: BinaryReader,
  budget: MessageBudget,
): Decoded<F> {
  const singles = new Map<string, unknown>();
  const chunks = new Map<string, unknown[]>();
  const numbers = new Map<string, NumericList>();

  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const entry = message.byNumber.get(number);
    if (entry === undefined) {
      reader.skip(wireType, number);
      continue;
    }
    const [key, field] = entry;
    if ((field.type === 'message' || field.type === 'bytes') && --budget.left < 0) {
      throw new Error('too many parts');
    }
    if (!field.repeated) {
      expectWireType(key, field, wireType);
      if (field.type === 'message' && singles.has(key))
        throw new Error(`${key} stands there twice`);
      singles.set(key, readSingle(field.type, reader));
    } else if (field.type === 'string' || field.type === 'bytes' || field.type === 'message') {
      expectWireType(key, field, wireType);
      listOf(chunks, key).push(readSingle(field.type, reader));
    } else {
      const numeric = numbers.get(key) ?? numericLists[field.type]();
      numbers.set(key, numeric);
      readNumbers(key, field, wireType, reader, numeric);
    }
  }

  const values: Record<string, unknown> = {};
  for (const [key, field] of Object.entries<Field>(message.fields)) {
    if (!field.repeated) values[key] = singles.get(key);
    else if (field.type === 'string' || field.type === 'bytes' || field.type === 'message') {
      values[key] = chunks.get(key) ?? [];
    } else values[key] = (numbers.get(key) ?? numericLists[field.type]()).finish();
  }
  return values as Decoded<F>;
}

function readSingle(type: Extract<Field, { repeated: false }>['type'], reader: BinaryReader) {
  switch (type) {
    case 'int32':
      return reader.int32();
    case 'int64':
      return BigInt(reader.int64());
    case 'fixed32':
      return reader.fixed32();
    case 'float':
      return reader.float();
    case 'double':
      return reader.double();
    case 'string':
      return reader.string(true);
    case 'bytes':
    case 'message':
      return reader.bytes();
  }
}

function readNumbers(
  key: string,
  field: Field,
  wireType: WireType,
  reader: BinaryReader,
  numeric: NumericList,
): void {
  if (wireType !== WireType.LengthDelimited) {
    expectWireType(key, field, wireType);
    numeric.read(reader, 1);
    return;
  }
  const packed = reader.bytes();
  numeric.read(new BinaryReader(packed), packedCount(key, field, packed));
}

/** Number of elements in a packed list, known before anything is allocated for them. */
function packedCount(key: string, field: Field, packed: Uint8Array): number {
  const wireType = wireTypes[field.type];
  if (wireType !== WireType.Varint) {
    const size = wireType === WireType.Bit32 ? 4 : 8;
    if (packed.length % size !== 0) throw new Error(`${key} is cut off`);
    return packed.length / size;
  }
  let count = 0;
  for (const byte of packed) if (byte < 0x80) count++;
  if (packed.length > 0 && (packed[packed.length - 1] ?? 0) >= 0x80) {
    throw new Error(`${key} is cut off`);
  }
  return count;
}

function expectWireType(key: string, field: Field, wireType: WireType): void {
  const expected = wireTypes[field.type];
  if (wireType !== expected) {
    throw new Error(`${key} has wire type ${wireType} instead of ${expected}`);
  }
}

function listOf(lists: Map<string, unknown[]>, key: string): unknown[] {
  let found = lists.get(key);
  if (found === undefined) {
    found = [];
    lists.set(key, found);
  }
  return found;
}

function numericList<A extends ListTypes[NumericType]>(
  allocate: (length: number) => A,
  readElement: (array: A, at: number, reader: BinaryReader) => void,
): NumericList {
  let array = allocate(0);
  let length = 0;
  return {
    read(reader, count) {
      if (length + count > array.length) {
        const larger = allocate(Math.max(length + count, 2 * array.length));
        new Uint8Array(larger.buffer).set(new Uint8Array(array.buffer, 0, array.byteLength));
        array = larger;
      }
      for (let end = length + count; length < end; length++) readElement(array, length, reader);
    },
    finish: () => (length === array.length ? array : array.slice(0, length)),
  };
}
