import { list, message, packedList, single } from '../../protobuf/message.js';

// Field numbers and names are those of tensorflow/core/example/{example,feature}.proto.

export const exampleMessage = message('Example', { features: single(1, 'message') });

export const featuresMessage = message('Features', { entries: list(1, 'message') });

export const featureEntryMessage = message('FeatureEntry', {
  key: single(1, 'string'),
  value: single(2, 'message'),
});

export const featureMessage = message('Feature', {
  bytes: single(1, 'message'),
  float: single(2, 'message'),
  int64: single(3, 'message'),
});

export const bytesListMessage = message('BytesList', { values: list(1, 'bytes') });

export const floatListMessage = message('FloatList', { values: packedList(1, 'float') });

export const int64ListMessage = message('Int64List', { values: packedList(1, 'int64') });
