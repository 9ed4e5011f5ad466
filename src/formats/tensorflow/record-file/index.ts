export type { Chunks } from './chunk-queue.js';
export { encodeRecord, type RecordLimits, type RecordPosition } from './framing.js';
export { type FileRecord, type ReadRecordsOptions, readRecords } from './read-records.js';
export { indexRecords, type RecordLocation, readRecordAt } from './record-index.js';
