import { list, message, single } from '../../protobuf/message.js';

// Field numbers and names are those of tensorflow/core/util/event.proto and
// tensorflow/core/framework/summary.proto. Fields that are not listed are skipped.

export const eventMessage = message('Event', {
  wallTime: single(1, 'double'),
  step: single(2, 'int64'),
  fileVersion: single(3, 'string'),
  summary: single(5, 'message'),
});

export const summaryMessage = message('Summary', { values: list(1, 'message') });

export const summaryValueMessage = message('Summary.Value', {
  tag: single(1, 'string'),
  simpleValue: single(2, 'float'),
  image: single(4, 'message'),
});

export const summaryImageMessage = message('Summary.Image', {
  height: single(1, 'int32'),
  width: single(2, 'int32'),
  colorspace: single(3, 'int32'),
  encoded: single(4, 'bytes'),
});
