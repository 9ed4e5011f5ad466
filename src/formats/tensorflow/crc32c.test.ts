import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { crc32c, maskCrc32c } from './crc32c.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const count = (length: number, value: (at: number) => number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => value(at));

describe('CRC-32C', () => {
  // RFC 3720, section B.4; the check value of the Castagnoli polynomial; the last from crcmod.
  it.each<[string, Uint8Array, number]>([
    ['nothing', new Uint8Array(0), 0],
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(255), 0x62a8ab43],
    ['ascending bytes', count(32, (at) => at), 0x46dd794e],
    ['descending bytes', count(32, (at) => 31 - at), 0x113fdb5c],
    ['"123456789"', ascii('123456789'), 0xe3069283],
    ['a thousand bytes', count(1000, (at) => at * 7 + (at >> 5)), 0x22d064a9],
  ])('has the published value for %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('sums parts one after the other, wherever they lie in memory', () => {
    const random = seededRandom(1);
    const bytes = count(999, () => random.integer(0, 255));
    for (let trial = 0; trial < 200; trial++) {
      const cut = random.integer(0, bytes.length);
      const shifted = new Uint8Array(bytes.length + 8);
      const start = random.integer(0, 8);
      shifted.set(bytes, start);
      const first = shifted.subarray(start, start + cut);
      const second = shifted.subarray(start + cut, start + bytes.length);
      expect(crc32c(second, crc32c(first))).toBe(crc32c(bytes));
    }
  });

  it('is masked as TensorFlow masks it', () => {
    expect(maskCrc32c(0)).toBe(0xa282ead8);
    // The checksum of "foo" as it stands in a TFRecord file, from crcmod.
    expect(maskCrc32c(crc32c(ascii('foo')))).toBe(0xfebe8a61);
  });
});
