import { FormatError } from '../../../core/errors.js';
import { decodeMessage, type MessageBudget } from '../../protobuf/decode.js';
import { quotedName } from '../../quoted-name.js';
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

// An example of a segmentation dataset has about ten features of one value each.
const maximumParts = 100_000;

/**
 * Decodes a `tf.train.Example`; byte strings are views of `bytes`.
 *
 * A feature that says no kind counts as absent, as it does for TensorFlow. `place` names the record
 * in errors.
 *
 * @throws FormatError where the bytes are no such message.
 */
export function decodeExample(bytes: Uint8Array, place: string): Example {
  const budget: MessageBudget = { left: maximumParts };
  const example = new Map<string, Feature>();
  const { features } = decodeMessage(exampleMessage, bytes, place, budget);
  if (features === undefined) return example;
  for (const part of decodeMessage(featuresMessage, features, place, budget).entries) {
    const { key = '', value } = decodeMessage(featureEntryMessage, part, place, budget);
    const feature = value && decodeFeature(value, `${place}, feature ${quotedName(key)}`, budget);
    if (feature === undefined) example.delete(key);
    else example.set(key, feature);
  }
  return example;
}

function decodeFeature(
  bytes: Uint8Array,
  place: string,
  budget: MessageBudget,
): Feature | undefined {
  const lists = decodeMessage(featureMessage, bytes, place, budget);
  const kinds = [lists.bytes, lists.float, lists.int64].filter((list) => list !== undefined);
  if (kinds.length > 1) {
    throw new FormatError({
      place,
      problem: 'the feature holds lists of several kinds',
      expected: 'one of bytes, float and int64',
    });
  }
  if (lists.bytes !== undefined) {
    const { values } = decodeMessage(bytesListMessage, lists.bytes, place, budget);
    return { kind: 'bytes', values };
  }
  if (lists.float !== undefined) {
    const { values } = decodeMessage(floatListMessage, lists.float, place, budget);
    return { kind: 'float', values };
  }
  if (lists.int64 !== undefined) {
    const { values } = decodeMessage(int64ListMessage, lists.int64, place, budget);
    return { kind: 'int64', values };
  }
  return undefined;
}
