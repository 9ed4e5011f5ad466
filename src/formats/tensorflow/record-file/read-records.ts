import { ChunkQueue, type Chunks } from './chunk-queue.js';
import {
  checkedRecordData,
  checkedRecordLength,
  cutOffRecord,
  type RecordLimits,
  type RecordPosition,
  recordFrameBytes,
  recordHeaderBytes,
} from './framing.js';

/** A record as it stands in its file. */
export interface FileRecord extends RecordPosition {
  /** A view of the chunk that holds it, or a copy where several do. */
  readonly data: Uint8Array;
}

export interface ReadRecordsOptions extends RecordLimits {
  /**
   * What a file that ends inside a record means: `'refuse'`, the default, an error; `'ignore'`, the
   * end, as in a file that another program is writing or was killed at.
   */
  readonly cutOffEnd?: 'refuse' | 'ignore';
}

/**
 * Reads the records of a TFRecord file from a stream of its bytes, holding one record at a time.
 *
 * Both checksums of every record are checked. Ending the iteration early ends the stream. `place`
 * names the file in errors.
 *
 * @throws FormatError with the record's number, from 0, and the byte at which it begins.
 */
export async function* readRecords(
  chunks: Chunks,
  place: string,
  options: ReadRecordsOptions = {},
): AsyncGenerator<FileRecord, void, void> {
  const queue = new ChunkQueue(chunks);
  try {
    for (let index = 0, offset = 0; ; index++) {
      const position = { index, offset };
      const headerFound = await queue.fill(recordHeaderBytes);
      if (headerFound === 0) return;
      if (headerFound < recordHeaderBytes) {
        if (options.cutOffEnd === 'ignore') return;
        throw cutOffRecord(place, position, recordHeaderBytes, headerFound);
      }
      const header = queue.take(recordHeaderBytes);
      const length = checkedRecordLength(header, place, position, options);
      const bodyLength = length + recordFrameBytes - recordHeaderBytes;
      const bodyFound = await queue.fill(bodyLength);
      if (bodyFound < bodyLength) {
        if (options.cutOffEnd === 'ignore') return;
        throw cutOffRecord(place, position, bodyLength, bodyFound);
      }
      const data = checkedRecordData(queue.take(bodyLength), place, position);
      yield { index, offset, data };
      offset += length + recordFrameBytes;
    }
  } finally {
    await queue.close();
  }
}
