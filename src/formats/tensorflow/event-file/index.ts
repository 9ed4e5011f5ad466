export type { ImageSummary, ScalarSummary, Summary, SummaryEvent } from './event.js';
export { readEvents } from './read.js';
export { type EventFileName, encodeEvent, eventFileName, eventFileStart } from './write.js';
