import { decodeExample } from '../../../formats/tensorflow/example/index.js';
import { readRecordAt } from '../../../formats/tensorflow/record-file/index.js';
import type { RecordLocation } from '../dataset-listing.js';
import { fileAccess } from './file-access.js';
import { type EncodedSample, encodedSample } from './segmentation-example.js';

/** Reads image and label of a sample, still encoded, from its shard. */
export async function readRecord(location: RecordLocation): Promise<EncodedSample> {
  const { shard, index } = location;
  const data = await readRecordAt(await fileAccess(shard), location, shard);
  const place = `${shard}, record ${index}`;
  return encodedSample(decodeExample(data, place), place);
}
