import { type Encoded, encodeMessage, joinEncoded } from '../../protobuf/encode.js';
import type { Example, Feature } from './feature.js';
import {
  bytesListMessage,
  exampleMessage,
  featureEntryMessage,
  featureMessage,
  featuresMessage,
  floatListMessage,
  int64ListMessage,
} from './schema.js';

/**
 * Encodes a `tf.train.Example`, features sorted by name, so that equal examples give equal bytes.
 */
export function encodeExample(example: Example): Uint8Array {
  const entries = [...example]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, feature]) =>
      encodeMessage(featureEntryMessage, { key, value: encodeFeature(feature) }),
    );
  const features = encodeMessage(featuresMessage, { entries });
  return joinEncoded(encodeMessage(exampleMessage, { features }));
}

function encodeFeature(feature: Feature): Encoded {
  switch (feature.kind) {
    case 'bytes':
      return encodeMessage(featureMessage, {
        bytes: encodeMessage(bytesListMessage, { values: feature.values }),
      });
    case 'float':
      return encodeMessage(featureMessage, {
        float: encodeMessage(floatListMessage, { values: feature.values }),
      });
    case 'int64':
      return encodeMessage(featureMessage, {
        int64: encodeMessage(int64ListMessage, { values: feature.values }),
      });
  }
}
