import type { RandomAccess } from '../../random-access.js';
import {
  checkedRecordData,
  checkedRecordLength,
  cutOffRecord,
  type RecordLimits,
  type RecordPosition,
  recordFrameBytes,
  recordHeaderBytes,
} from './framing.js';

/** Where a record lies, without its data. */
export interface RecordLocation extends RecordPosition {
  /** Length of the data in bytes. */
  readonly length: number;
}

// One read often holds the next records' headers too, where records are short.
const windowBytes = 4096;

/**
 * Finds the records of a TFRecord file by their lengths alone, so that any of them can be read with
 * {@link readRecordAt} in any order.
 *
 * @throws FormatError where a length's checksum does not match or the file ends inside a record.
 */
export async function indexRecords(
  file: RandomAccess,
  place: string,
  limits: RecordLimits = {},
): Promise<readonly RecordLocation[]> {
  const locations: RecordLocation[] = [];
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = 0;
  for (let offset = 0; offset < file.size; ) {
    const position = { index: locations.length, offset };
    const left = file.size - offset;
    if (left < recordHeaderBytes) throw cutOffRecord(place, position, recordHeaderBytes, left);
    if (offset + recordHeaderBytes > windowStart + window.length) {
      windowStart = offset;
      window = await file.read(offset, Math.min(windowBytes, left));
    }
    const start = offset - windowStart;
    const header = window.subarray(start, start + recordHeaderBytes);
    const length = checkedRecordLength(header, place, position, limits);
    if (left < length + recordFrameBytes) {
      throw cutOffRecord(place, position, length + recordFrameBytes, left);
    }
    locations.push({ ...position, length });
    offset += length + recordFrameBytes;
  }
  return locations;
}

/**
 * Reads the data of one record.
 *
 * @throws FormatError where the data's checksum does not match.
 */
export async function readRecordAt(
  file: RandomAccess,
  location: RecordLocation,
  place: string,
): Promise<Uint8Array> {
  const bodyLength = location.length + recordFrameBytes - recordHeaderBytes;
  const body = await file.read(location.offset + recordHeaderBytes, bodyLength);
  return checkedRecordData(body, place, location);
}
