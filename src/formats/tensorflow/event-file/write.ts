import { OutputError } from '../../../core/errors.js';
import { type Encoded, encodeMessage, joinEncoded } from '../../protobuf/encode.js';
import { quotedName } from '../../quoted-name.js';
import { encodeRecord } from '../record-file/index.js';
import type { Summary, SummaryEvent } from './event.js';
import {
  eventMessage,
  summaryImageMessage,
  summaryMessage,
  summaryValueMessage,
} from './schema.js';

/** The version of the format that TensorBoard knows. */
export const fileVersion = 'brain.Event:2';

/** What an event file is called after. */
export interface EventFileName {
  /** When the run started, in seconds since 1970. */
  readonly wallTime: number;
  /** Name of the machine. */
  readonly host: string;
  /** Tells files of one second and machine apart, such as a process number. */
  readonly suffix?: string;
}

/** Name of an event file as TensorBoard looks for it: `events.out.tfevents.1700000000.host.7`. */
export function eventFileName({ wallTime, host, suffix }: EventFileName): string {
  const seconds = Math.floor(wallTime).toString().padStart(10, '0');
  const parts = suffix === undefined ? [host] : [host, suffix];
  const plain = parts.map((part) => part.replace(/[^\w.-]+/g, '-'));
  return ['events.out.tfevents', seconds, ...plain].join('.');
}

/** The first bytes of an event file: a record with the version of the format. */
export function eventFileStart(wallTime: number): Uint8Array {
  return encodeRecord(joinEncoded(encodeMessage(eventMessage, { wallTime, fileVersion })));
}

/**
 * The bytes of one event, to be appended to an event file in one write.
 *
 * Whole records alone make a sound file, and readers leave a last one out that is cut off, so that
 * a program that is killed at any moment leaves a readable file. Begin every run with a new file
 * and {@link eventFileStart}: what follows on a record that is cut off cannot be read.
 *
 * @throws OutputError where the step or a picture's size is not a whole number of 0 or more.
 */
export function encodeEvent({ wallTime, step, summaries }: SummaryEvent): Uint8Array {
  const summary = encodeMessage(summaryMessage, { values: summaries.map(encodeSummary) });
  return encodeRecord(
    joinEncoded(
      encodeMessage(eventMessage, {
        wallTime,
        // As in proto3, zero is left out.
        step: step === 0 ? undefined : BigInt(wholeNumber(step, Number.MAX_SAFE_INTEGER, 'step')),
        summary,
      }),
    ),
  );
}

function encodeSummary(summary: Summary): Encoded {
  const { tag } = summary;
  switch (summary.kind) {
    case 'scalar':
      return encodeMessage(summaryValueMessage, { tag, simpleValue: Math.fround(summary.value) });
    case 'image': {
      const what = (side: string) => `${side} of image ${quotedName(tag)}`;
      const image = encodeMessage(summaryImageMessage, {
        height: wholeNumber(summary.height, 2 ** 31 - 1, what('height')),
        width: wholeNumber(summary.width, 2 ** 31 - 1, what('width')),
        colorspace: summary.channels,
        encoded: summary.encoded,
      });
      return encodeMessage(summaryValueMessage, { tag, image });
    }
  }
}

function wholeNumber(value: number, largest: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= largest) return value;
  throw new OutputError({
    place: `TensorBoard event, ${what}`,
    problem: 'the number cannot be written',
    expected: `a whole number from 0 to ${largest}`,
    found: `${value}`,
  });
}
