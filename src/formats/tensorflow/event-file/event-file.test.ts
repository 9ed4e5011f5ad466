import { describe, expect, it } from 'vitest';
import { FormatError, OutputError } from '../../../core/errors.js';
import { seededRandom } from '../../../core/random.js';
import { damagedCopy, fromHex } from '../../damaged-bytes.fixture.js';
import { encodeRecord } from '../record-file/index.js';
import {
  encodeEvent,
  eventFileName,
  eventFileStart,
  readEvents,
  type Summary,
  type SummaryEvent,
} from './index.js';

const scalar: SummaryEvent = {
  wallTime: 1700000001.25,
  step: 300,
  summaries: [{ kind: 'scalar', tag: 'loss/total', value: 0.25 }],
};
const picture: Summary = {
  kind: 'image',
  tag: 'prediction',
  width: 3,
  height: 2,
  channels: 3,
  encoded: Uint8Array.of(0x89, 0x50, 0x4e, 0x47),
};
const run: readonly SummaryEvent[] = [
  scalar,
  { wallTime: 2, step: 0, summaries: [picture] },
  {
    wallTime: 1.7e9,
    step: 2 ** 40,
    summaries: [
      { kind: 'scalar', tag: 'mIoU', value: 0 },
      { kind: 'scalar', tag: 'loss/total', value: Number.NaN },
      { ...picture, channels: 1 },
    ],
  },
];

function fileOf(events: readonly SummaryEvent[]): Uint8Array {
  const parts = [eventFileStart(1700000000.5), ...events.map(encodeEvent)];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function readAll(bytes: Uint8Array): Promise<SummaryEvent[]> {
  const events: SummaryEvent[] = [];
  for await (const event of readEvents([bytes], 'f')) events.push(event);
  return events;
}

describe('TensorBoard event files', () => {
  // Made in Python with struct and crcmod from event.proto and summary.proto.
  it('have the bytes of the format', () => {
    expect(eventFileStart(1700000000.5)).toEqual(
      fromHex('1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110'),
    );
    expect(encodeEvent(scalar)).toEqual(
      fromHex(
        '2100000000000000017becf60900005040fc54d94110ac022a130a110a0a6c6f73732f746f74616c15' +
          '0000803ef19ba4c2',
      ),
    );
    expect(encodeEvent({ wallTime: 2, step: 0, summaries: [picture] })).toEqual(
      fromHex(
        '2700000000000000bbe1b1460900000000000000402a1c0a1a0a0a70726564696374696f6e220c0802' +
          '10031803220489504e474af1a48a',
      ),
    );
  });

  it('give their events back', async () => {
    expect(await readAll(fileOf(run))).toEqual(run);
  });

  it('stay readable wherever their writer is killed', async () => {
    const ends = [eventFileStart(0), ...run.map(encodeEvent)].map(({ length }) => length);
    const bytes = fileOf(run);
    for (let length = 0; length <= bytes.length; length++) {
      let end = ends[0] ?? 0;
      let whole = 0;
      while (whole < run.length && end + (ends[whole + 1] ?? 0) <= length) {
        end += ends[++whole] ?? 0;
      }
      expect(await readAll(bytes.subarray(0, length))).toEqual(run.slice(0, whole));
    }
  });

  it('are named as TensorBoard looks for them', () => {
    expect(eventFileName({ wallTime: 1700000000.9, host: 'box' })).toBe(
      'events.out.tfevents.1700000000.box',
    );
    expect(eventFileName({ wallTime: 5, host: 'a/b c.local', suffix: '77' })).toBe(
      'events.out.tfevents.0000000005.a-b-c.local.77',
    );
  });

  it('refuse steps and sizes that are no whole numbers', () => {
    const invalid: readonly SummaryEvent[] = [
      { ...scalar, step: 1.5 },
      { ...scalar, step: -1 },
      { ...scalar, step: Number.NaN },
      { ...scalar, summaries: [{ ...picture, width: 2 ** 31 }] },
    ];
    for (const event of invalid) expect(() => encodeEvent(event)).toThrow(OutputError);
    expect(() => encodeEvent({ ...scalar, step: 1.5 })).toThrow(/step: .*found 1.5\)$/);
  });
});

describe('reading other or damaged event files', () => {
  it('refuses a file of records that is no event file', async () => {
    const records = encodeRecord(fromHex('0a00'));
    await expect(readAll(records)).rejects.toThrow(FormatError);
    await expect(readAll(encodeEvent(scalar))).rejects.toThrow(/^f: this is not a TensorBoard eve/);
  });

  it('passes over events and summaries of other kinds', async () => {
    const graph = encodeRecord(fromHex('2203616263'));
    // A histogram, in field 5 of the summary's value.
    const histogram = encodeRecord(fromHex('10022a090a070a01682a020801'));
    const bytes = Uint8Array.of(...fileOf([]), ...graph, ...histogram, ...encodeEvent(scalar));
    expect(await readAll(bytes)).toEqual([{ wallTime: 0, step: 2, summaries: [] }, scalar]);
  });

  it('gives events or an error, whatever bytes change', async () => {
    const random = seededRandom(4);
    const sound = fileOf(run);
    const body = encodeEvent(run[2] ?? scalar).slice(12, -4);
    let refused = 0;
    for (let trial = 0; trial < 3000; trial++) {
      // Half of them with true checksums, so that the events themselves are damaged.
      const bytes =
        trial % 2 === 0
          ? damagedCopy(sound, random)
          : Uint8Array.of(...fileOf([]), ...encodeRecord(damagedCopy(body, random)));
      try {
        await readAll(bytes);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        expect(error.message).toMatch(/^f[^\n]*$/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
