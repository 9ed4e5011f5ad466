import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../core/errors.js';
import { type Random, seededRandom } from '../../../core/random.js';
import { damagedCopy, fromHex, noise } from '../../damaged-bytes.fixture.js';
import { bytesAccess } from '../../random-access.js';
import {
  encodeRecord,
  indexRecords,
  type ReadRecordsOptions,
  readRecordAt,
  readRecords,
} from './index.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function* chunksOf(bytes: Uint8Array, random: Random, longest: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const length = random.integer(0, longest);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function readAll(bytes: Uint8Array, options?: ReadRecordsOptions): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const { data } of readRecords([bytes], 'f.tfrecord', options)) found.push(data);
  return found;
}

function randomRecords(random: Random): Uint8Array[] {
  return Array.from({ length: random.integer(0, 12) }, () => noise(300, random));
}

describe('TFRecord files', () => {
  it('have the bytes of the format', () => {
    // Made in Python with struct and crcmod from the format's description.
    expect(encodeRecord(ascii('foo'))).toEqual(fromHex('0300000000000000b099490e666f6f618abefe'));
    expect(encodeRecord(new Uint8Array(0))).toEqual(fromHex('000000000000000029039807d8ea82a2'));
  });

  it('give their records back, however the stream is cut into chunks', async () => {
    const random = seededRandom(1);
    for (let trial = 0; trial < 60; trial++) {
      const records = randomRecords(random);
      const file = joined(records.map(encodeRecord));
      let offset = 0;
      let index = 0;
      const chunks = chunksOf(file, random, trial % 2 === 0 ? 20 : 2000);
      for await (const record of readRecords(chunks, 'f')) {
        expect(record).toEqual({ index, offset, data: records[index] });
        offset += record.data.length + 16;
        index++;
      }
      expect(index).toBe(records.length);
    }
  });

  it('give every record by its place, too', async () => {
    const random = seededRandom(2);
    const records = [...randomRecords(random), new Uint8Array(10_000).fill(3), ascii('end')];
    const file = bytesAccess(joined(records.map(encodeRecord)));
    const locations = await indexRecords(file, 'f');
    expect(locations.map(({ length }) => length)).toEqual(records.map(({ length }) => length));
    for (const location of [...locations].reverse()) {
      expect(await readRecordAt(file, location, 'f')).toEqual(records[location.index]);
    }
  });

  it('give plain arrays where the stream gives Buffers', async () => {
    const [data] = await readAll(Buffer.from(encodeRecord(ascii('foo'))));
    expect(data?.constructor).toBe(Uint8Array);
  });

  it('end their stream when the reader has enough', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield encodeRecord(ascii('again'));
      } finally {
        ended = true;
      }
    }
    for await (const { index } of readRecords(endless(), 'f')) if (index === 3) break;
    expect(ended).toBe(true);
  });
});

describe('a damaged TFRecord file', () => {
  const records = ['one', 'two', 'three'].map(ascii);
  const sound = joined(records.map(encodeRecord));
  const changed = (at: number): Uint8Array => {
    const bytes = sound.slice();
    bytes[at] = (bytes[at] ?? 0) ^ 4;
    return bytes;
  };

  it.each<[string, Uint8Array, RegExp]>([
    ['a changed length', changed(19), /^f.tfrecord, record 1 at byte 19: the checksum of the .*le/],
    [
      'changed data',
      changed(32),
      /record 1 at byte 19: .*data does not match.*\(expected 0x[0-9a-f]{8}, /,
    ],
    ['a changed checksum of data', changed(36), /record 1 at byte 19: .*data does not match/],
    ['no record', ascii('this is only some text'), /record 0 at byte 0: this is not a TFRecord/],
    ['a gzip file', Uint8Array.of(0x1f, 0x8b, ...new Uint8Array(20)), /gzip .*; unpack it first$/],
    [
      'an end in a length',
      sound.subarray(0, 43),
      /record 2 at byte 38: .*expected 12 .* found 5\)/,
    ],
    ['an end in data', sound.subarray(0, 53), /record 2 at byte 38: .*expected 9 .* found 3\)/],
  ])('is refused with the place: %s', async (_, bytes, message) => {
    await expect(readAll(bytes)).rejects.toThrow(FormatError);
    await expect(readAll(bytes)).rejects.toThrow(message);
  });

  it('is read up to where it is cut off, if that is allowed', async () => {
    for (let length = 0; length < sound.length; length++) {
      const whole = length < 19 ? 0 : length < 38 ? 1 : 2;
      const found = await readAll(sound.subarray(0, length), { cutOffEnd: 'ignore' });
      expect(found).toEqual(records.slice(0, whole));
      const isBoundary = length === 0 || length === 19 || length === 38;
      if (isBoundary) expect(await readAll(sound.subarray(0, length))).toEqual(found);
      else await expect(readAll(sound.subarray(0, length))).rejects.toThrow(/cut off/);
    }
  });

  it('is refused by its index as by its stream', async () => {
    const index = (bytes: Uint8Array) => indexRecords(bytesAccess(bytes), 'f');
    await expect(index(changed(19))).rejects.toThrow(/record 1 at byte 19/);
    await expect(index(sound.subarray(0, 43))).rejects.toThrow(/expected 12 more bytes, found 5/);
    await expect(index(sound.subarray(0, 53))).rejects.toThrow(/expected 21 more bytes, found 15/);
    const file = bytesAccess(changed(32));
    const [, second] = await indexRecords(file, 'f');
    if (second === undefined) throw new Error('the record is missing');
    await expect(readRecordAt(file, second, 'f')).rejects.toThrow(/record 1 at byte 19/);
  });

  it('cannot claim more than the limit', async () => {
    // Lengths of 2^62 and 2^28 + 1 with their true checksums.
    const header = (length: bigint): Uint8Array => {
      const bytes = encodeRecord(new Uint8Array(8)).slice(0, 28);
      const inner = new Uint8Array(8);
      new DataView(inner.buffer).setBigUint64(0, length, true);
      bytes.set(inner);
      bytes.set(encodeRecord(inner).subarray(20, 24), 8);
      return bytes;
    };
    await expect(readAll(header(2n ** 62n))).rejects.toThrow(
      /too large .* found 4611686018427387904/,
    );
    await expect(readAll(header(2n ** 28n + 1n))).rejects.toThrow(/at most 268435456 bytes/);
    await expect(readAll(header(2n ** 28n))).rejects.toThrow(/cut off/);
    await expect(readAll(sound, { maximumRecordBytes: 4 })).rejects.toThrow(
      /record 2 .*at most 4 /,
    );
    expect(await readAll(sound, { maximumRecordBytes: 5 })).toHaveLength(3);
  });

  it('gives records or an error, whatever bytes change', async () => {
    const random = seededRandom(3);
    let refused = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const bytes = trial < 200 ? noise(80, random) : damagedCopy(sound, random);
      try {
        for await (const { data } of readRecords(chunksOf(bytes, random, 30), 'f')) {
          // Whatever passes both checksums is a record as it was written, perhaps moved.
          expect(records).toContainEqual(data);
        }
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
