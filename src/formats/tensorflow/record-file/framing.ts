import { FormatError } from '../../../core/errors.js';
import { crc32c, maskCrc32c } from '../crc32c.js';

// A record is its length in 8 bytes, the masked CRC-32C of those 8 bytes, the data, and the masked
// CRC-32C of the data; numbers are little-endian (tensorflow.org/tutorials/load_data/tfrecord).

const lengthBytes = 8;
const checksumBytes = 4;

/** Bytes before a record's data. */
export const recordHeaderBytes = lengthBytes + checksumBytes;

/** Bytes around a record's data. */
export const recordFrameBytes = recordHeaderBytes + checksumBytes;

/** Where a record begins, for messages and to find it again. */
export interface RecordPosition {
  /** Number of the record in its file, from 0. */
  readonly index: number;
  /** Byte of the file at which the record's frame begins. */
  readonly offset: number;
}

/** How much of a file may be one record. */
export interface RecordLimits {
  /** The longest record's data in bytes; 256 MiB unless told. */
  readonly maximumRecordBytes?: number;
}

const defaultMaximumRecordBytes = 2 ** 28;

/** One record with its frame, ready to be appended to a file. */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + recordFrameBytes);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(lengthBytes, maskCrc32c(crc32c(record.subarray(0, lengthBytes))), true);
  record.set(data, recordHeaderBytes);
  view.setUint32(recordHeaderBytes + data.length, maskCrc32c(crc32c(data)), true);
  return record;
}

/**
 * Length of a record's data from the bytes before it.
 *
 * @throws FormatError where its checksum does not match or it exceeds the limit.
 */
export function checkedRecordLength(
  header: Uint8Array,
  place: string,
  position: RecordPosition,
  { maximumRecordBytes = defaultMaximumRecordBytes }: RecordLimits,
): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const stored = view.getUint32(lengthBytes, true);
  if (stored !== maskCrc32c(crc32c(header.subarray(0, lengthBytes)))) {
    throw wrongLengthChecksum(header, place, position);
  }
  const length = view.getBigUint64(0, true);
  if (length > maximumRecordBytes) {
    throw new FormatError({
      place: recordPlace(place, position),
      problem: 'the record is too large',
      expected: `at most ${maximumRecordBytes} bytes`,
      found: `${length}`,
      fix: 'raise maximumRecordBytes if records are meant to be so large',
    });
  }
  return Number(length);
}

/**
 * The data of a record from all bytes after its header; a view of them.
 *
 * @throws FormatError where the data's checksum does not match.
 */
export function checkedRecordData(
  body: Uint8Array,
  place: string,
  position: RecordPosition,
): Uint8Array {
  // A plain array even where the file came as Node's Buffer, whose slice() does not copy.
  const data = new Uint8Array(body.buffer, body.byteOffset, body.length - checksumBytes);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const expected = maskCrc32c(crc32c(data));
  const stored = view.getUint32(data.length, true);
  if (stored !== expected) {
    throw new FormatError({
      place: recordPlace(place, position),
      problem: "the checksum of the record's data does not match: the file is damaged",
      expected: hexadecimal(expected),
      found: hexadecimal(stored),
      fix: 'copy the file again or make it anew',
    });
  }
  return data;
}

/** The error for a file that ends inside a record. */
export function cutOffRecord(
  place: string,
  position: RecordPosition,
  expectedBytes: number,
  foundBytes: number,
): FormatError {
  return new FormatError({
    place: recordPlace(place, position),
    problem: 'the file is cut off inside the record',
    expected: `${expectedBytes} more bytes`,
    found: `${foundBytes}`,
    fix: 'copy the file again or make it anew',
  });
}

function wrongLengthChecksum(
  header: Uint8Array,
  place: string,
  position: RecordPosition,
): FormatError {
  const first = position.offset === 0;
  const gzip = first && header[0] === 0x1f && header[1] === 0x8b;
  return new FormatError({
    place: recordPlace(place, position),
    problem: gzip
      ? 'the file is compressed with gzip'
      : first
        ? 'this is not a TFRecord file, or it is damaged at its start'
        : "the checksum of the record's length does not match: the file is damaged",
    ...(gzip ? { expected: 'a TFRecord file as it is' } : {}),
    fix: gzip ? 'unpack it first' : 'copy the file again or make it anew',
  });
}

function recordPlace(place: string, { index, offset }: RecordPosition): string {
  return `${place}, record ${index} at byte ${offset}`;
}

function hexadecimal(word: number): string {
  return `0x${word.toString(16).padStart(8, '0')}`;
}
