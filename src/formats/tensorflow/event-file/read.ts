import { FormatError } from '../../../core/errors.js';
import { decodeMessage, type MessageBudget } from '../../protobuf/decode.js';
import { type Chunks, readRecords } from '../record-file/index.js';
import type { ImageSummary, Summary, SummaryEvent } from './event.js';
import {
  eventMessage,
  summaryImageMessage,
  summaryMessage,
  summaryValueMessage,
} from './schema.js';
import { fileVersion } from './write.js';

const maximumParts = 1_000_000;

/**
 * Reads the events of a TensorBoard event file from a stream of its bytes.
 *
 * A last record that is cut off is left out: the file may still be growing, or its program was
 * killed. Events without a summary, and summaries other than scalars and images, are passed over.
 *
 * @throws FormatError where the file is no event file or is damaged before its end.
 */
export async function* readEvents(
  chunks: Chunks,
  place: string,
): AsyncGenerator<SummaryEvent, void, void> {
  for await (const { index, data } of readRecords(chunks, place, { cutOffEnd: 'ignore' })) {
    const eventPlace = `${place}, event ${index}`;
    const budget: MessageBudget = { left: maximumParts };
    const event = decodeMessage(eventMessage, data, eventPlace, budget);
    if (index === 0 && event.fileVersion !== fileVersion) {
      throw new FormatError({
        place,
        problem: 'this is not a TensorBoard event file',
        expected: `a first record with version ${fileVersion}`,
        ...(event.fileVersion === undefined ? {} : { found: JSON.stringify(event.fileVersion) }),
      });
    }
    if (event.summary === undefined) continue;
    const { values } = decodeMessage(summaryMessage, event.summary, eventPlace, budget);
    yield {
      wallTime: event.wallTime ?? 0,
      step: Number(event.step ?? 0n),
      summaries: values.flatMap((value) => readSummary(value, eventPlace, budget)),
    };
  }
}

function readSummary(bytes: Uint8Array, place: string, budget: MessageBudget): Summary[] {
  const { tag = '', simpleValue, image } = decodeMessage(summaryValueMessage, bytes, place, budget);
  if (simpleValue !== undefined) return [{ kind: 'scalar', tag, value: simpleValue }];
  if (image === undefined) return [];
  const fields = decodeMessage(summaryImageMessage, image, place, budget);
  const channels = fields.colorspace ?? 0;
  if (!isChannelCount(channels)) return [];
  const { width = 0, height = 0, encoded = new Uint8Array(0) } = fields;
  return [{ kind: 'image', tag, width, height, channels, encoded }];
}

function isChannelCount(count: number): count is ImageSummary['channels'] {
  return count >= 1 && count <= 4;
}
