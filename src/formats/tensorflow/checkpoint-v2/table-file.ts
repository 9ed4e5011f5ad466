import { BinaryReader } from '@bufbuild/protobuf/wire';
import { FormatError, messageOf } from '../../../core/errors.js';
import { crc32c, maskCrc32c } from '../crc32c.js';
import { unpackSnappy } from './snappy.js';

/** One entry of a table. */
export interface TableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Part of the file that is a block's content, without the five bytes after it. */
interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

const footerBytes = 48;
const trailerBytes = 5;
const magic = 0xdb4775248b80fb57n;

/** Counts down what entries take: a small packed block can stand for very many or long ones. */
interface TableBudget {
  entries: number;
  keyBytes: number;
}

/**
 * Reads all entries of a table in LevelDB's format (leveldb, doc/table_format.md), in their order.
 *
 * Checksums are checked; blocks may be packed with Snappy. `place` names the file in errors.
 *
 * @throws FormatError where the bytes are no such table or it is damaged.
 */
export function readTable(bytes: Uint8Array, place: string): readonly TableEntry[] {
  const indexHandle = readFooter(bytes, place);
  const budget: TableBudget = { entries: 2 ** 18, keyBytes: 2 ** 26 };
  const entries: TableEntry[] = [];
  let end = 0;
  for (const { value } of readBlock(bytes, indexHandle, place, budget)) {
    const handle = decode(place, 'the index of its blocks', () =>
      readHandle(new BinaryReader(value)),
    );
    // Blocks that were used twice could make a small file stand for a large one.
    if (handle.offset < end) throw damaged(place, 'its blocks overlap');
    end = handle.offset + handle.size + trailerBytes;
    for (const entry of readBlock(bytes, handle, place, budget)) entries.push(entry);
  }
  return entries;
}

function readFooter(bytes: Uint8Array, place: string): BlockHandle {
  const footer = bytes.subarray(Math.max(bytes.length - footerBytes, 0));
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength);
  if (footer.length < footerBytes || view.getBigUint64(footerBytes - 8, true) !== magic) {
    throw new FormatError({
      place,
      problem: 'this is not the index of a TensorFlow checkpoint, or it is cut off',
      expected: 'a table that ends with its magic number',
      fix: 'name the .index file of a checkpoint in the V2 format',
    });
  }
  return decode(place, 'its footer', () => {
    const reader = new BinaryReader(footer.subarray(0, footerBytes - 8));
    readHandle(reader);
    return readHandle(reader);
  });
}

function readHandle(reader: BinaryReader): BlockHandle {
  return { offset: Number(reader.uint64()), size: Number(reader.uint64()) };
}

function readBlock(
  bytes: Uint8Array,
  handle: BlockHandle,
  place: string,
  budget: TableBudget,
): TableEntry[] {
  const what = `the block at byte ${handle.offset}`;
  const end = handle.offset + handle.size;
  if (end + trailerBytes > bytes.length) throw damaged(place, `${what} lies beyond its end`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (
    view.getUint32(end + 1, true) !== maskCrc32c(crc32c(bytes.subarray(handle.offset, end + 1)))
  ) {
    throw damaged(place, `the checksum of ${what} does not match`);
  }
  const packed = bytes.subarray(handle.offset, end);
  const packing = view.getUint8(end);
  return decode(place, what, () => {
    if (packing > 1) throw new Error(`packing ${packing} is unknown`);
    return parseBlock(packing === 1 ? unpackSnappy(packed) : packed, budget);
  });
}

function parseBlock(block: Uint8Array, budget: TableBudget): TableEntry[] {
  if (block.length < 4) throw new Error('it is cut off');
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const restarts = view.getUint32(block.length - 4, true);
  const end = block.length - 4 - 4 * restarts;
  if (end < 0) throw new Error('it is cut off');
  const reader = new BinaryReader(block.subarray(0, end));
  const entries: TableEntry[] = [];
  let before: Uint8Array = new Uint8Array(0);
  while (reader.pos < end) {
    const shared = reader.uint32();
    const added = reader.uint32();
    const valueLength = reader.uint32();
    const start = reader.pos;
    const stop = start + added + valueLength;
    if (shared > before.length || stop > end) throw new Error('an entry is cut off');
    budget.entries--;
    budget.keyBytes -= shared + added;
    if (budget.entries < 0 || budget.keyBytes < 0) throw new Error('its entries are too many');
    const key = new Uint8Array(shared + added);
    key.set(before.subarray(0, shared));
    key.set(block.subarray(start, start + added), shared);
    entries.push({ key, value: block.subarray(start + added, stop) });
    before = key;
    reader.pos = stop;
  }
  return entries;
}

function decode<T>(place: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw damaged(place, `${what} is damaged: ${messageOf(cause)}`, cause);
  }
}

function damaged(place: string, problem: string, cause?: unknown): FormatError {
  return new FormatError({ place, problem, fix: 'copy the checkpoint again', cause });
}
