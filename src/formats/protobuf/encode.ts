import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Fields, ListField, ListTypes, Message, SingleField, SingleTypes } from './message.js';
import { wireTypes } from './message.js';

/**
 * Encoded bytes in parts that are not yet joined, so that weights are copied once, into the file,
 * and not once for each message around them.
 */
export interface Encoded {
  readonly length: number;
  readonly parts: readonly Uint8Array[];
}

type SingleValue<T extends keyof SingleTypes> = T extends 'message' ? Encoded : SingleTypes[T];
type ListValue<T extends keyof ListTypes> = T extends 'message'
  ? readonly Encoded[]
  : T extends 'int64'
    ? BigInt64Array | readonly bigint[]
    : ListTypes[T];

/** The values to encode; fields that are left out are not written. */
export type Encodable<F extends Fields> = {
  readonly [K in keyof F]?:
    | (F[K] extends SingleField<infer T>
        ? SingleValue<T>
        : F[K] extends ListField<infer T>
          ? ListValue<T>
          : never)
    | undefined;
};

/** The largest file that protobuf allows, in bytes. */
export const maximumEncodedLength = 2 ** 31 - 1;

// Parts of at least this size are kept as they are; smaller ones are gathered.
const referencedBytes = 4096;

/**
 * Encodes one message; fields in the order of the description, lists packed where it says so.
 *
 * The result refers to large `bytes` values; it is valid as long as they stay unchanged.
 */
export function encodeMessage<F extends Fields>(
  message: Message<F>,
  values: Encodable<F>,
): Encoded {
  const sink = new EncodedSink();
  for (const [key, field] of Object.entries(message.fields)) {
    const value: unknown = values[key];
    if (value === undefined) continue;
    const elements = field.repeated ? (value as ArrayLike<unknown> & Iterable<unknown>) : [value];
    if (field.repeated && field.packed) {
      if (elements.length === 0) continue;
      sink.writer.tag(field.number, WireType.LengthDelimited).fork();
      for (const element of elements) writeValue(sink, field.type, element);
      sink.writer.join();
      continue;
    }
    for (const element of elements) {
      sink.writer.tag(field.number, wireTypes[field.type]);
      writeValue(sink, field.type, element);
    }
  }
  return sink.finish();
}

/** Joins the parts into one array. */
export function joinEncoded(encoded: Encoded): Uint8Array {
  const bytes = new Uint8Array(encoded.length);
  let at = 0;
  for (const part of encoded.parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function writeValue(sink: EncodedSink, type: keyof typeof wireTypes, value: unknown): void {
  const { writer } = sink;
  switch (type) {
    case 'int32':
      writer.int32(value as number);
      break;
    case 'int64':
      writer.int64(value as bigint);
      break;
    case 'uint64':
      writer.uint64(value as bigint);
      break;
    case 'fixed32':
      writer.fixed32(value as number);
      break;
    case 'float':
      writer.float(value as number);
      break;
    case 'double':
      writer.double(value as number);
      break;
    case 'string':
      writer.string(value as string);
      break;
    case 'bytes': {
      const bytes = value as Uint8Array;
      sink.append({ length: bytes.length, parts: [bytes] });
      break;
    }
    case 'message':
      sink.append(value as Encoded);
      break;
  }
}

/** Gathers small writes in one buffer and keeps large parts aside. */
class EncodedSink {
  readonly writer = new BinaryWriter();
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  /** Appends length-delimited content. */
  append(content: Encoded): void {
    // Beyond 32 bits the length cannot be written; the sum of all refuses the file in the end.
    this.writer.uint32(Math.min(content.length, 2 ** 32 - 1));
    if (content.length < referencedBytes) {
      for (const part of content.parts) this.writer.raw(part);
      return;
    }
    this.flush();
    for (const part of content.parts) this.parts.push(part);
    this.length += content.length;
  }

  finish(): Encoded {
    this.flush();
    return { length: this.length, parts: this.parts };
  }

  private flush(): void {
    const bytes = this.writer.finish();
    if (bytes.length === 0) return;
    this.parts.push(bytes);
    this.length += bytes.length;
  }
}
