import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../core/random.js';
import { damagedCopy } from '../../damaged-bytes.fixture.js';
import { unpackSnappy } from './snappy.js';
import { packSnappy } from './table.fixture.js';

const ascii = (text: string): readonly number[] => [...new TextEncoder().encode(text)];

describe('unpacking Snappy', () => {
  // By hand from the format's description.
  it.each<[string, readonly number[], string]>([
    ['nothing', [0], ''],
    ['a literal', [3, 0x08, ...ascii('abc')], 'abc'],
    ['a literal with its length in two bytes', [3, 0xf4, 2, 0, ...ascii('abc')], 'abc'],
    ['a near copy that repeats a pattern', [7, 0x08, ...ascii('xab'), 0x01, 2], 'xababab'],
    ['a copy with a distance of two bytes', [6, 0x08, ...ascii('abc'), 0x0a, 3, 0], 'abcabc'],
    ['a copy with a distance of four bytes', [4, 0x08, ...ascii('abc'), 0x03, 3, 0, 0, 0], 'abca'],
  ])('reads %s', (_, packed, text) => {
    expect(new TextDecoder().decode(unpackSnappy(Uint8Array.from(packed)))).toBe(text);
  });

  it('gives back what was packed', () => {
    const random = seededRandom(1);
    for (let trial = 0; trial < 60; trial++) {
      const letters = random.integer(1, 6);
      const length = random.integer(0, 900);
      const bytes = Uint8Array.from({ length }, () => random.integer(0, letters));
      expect(unpackSnappy(packSnappy(bytes))).toEqual(bytes);
    }
  });

  it.each<[string, readonly number[], RegExp]>([
    ['no length', [], /length is damaged/],
    ['an endless length', [255, 255, 255, 255, 255, 1], /length is damaged/],
    ['an impossible length', [255, 255, 255, 255, 15, 0, 0], /impossible length/],
    ['a cut-off literal', [3, 0x08, 1], /cut off/],
    ['a cut-off length of a literal', [3, 0xf4, 2], /cut off/],
    ['a cut-off copy', [5, 0, 1, 1], /cut off/],
    ['a copy from before the start', [5, 0, 1, 1, 2], /outside itself/],
    ['a copy of what it makes', [5, 0, 1, 1, 0], /outside itself/],
    ['too much', [3, 0, 1, 1, 1], /longer than it says/],
    ['too little', [9, 0, 1, 1, 1], /shorter than it says/],
  ])('refuses %s', (_, packed, message) => {
    expect(() => unpackSnappy(Uint8Array.from(packed))).toThrow(message);
  });

  it('ends with bytes or an error, whatever bytes change', () => {
    const random = seededRandom(2);
    const sound = packSnappy(Uint8Array.from({ length: 500 }, () => random.integer(0, 3)));
    for (let trial = 0; trial < 3000; trial++) {
      const damaged = damagedCopy(sound, random);
      let length = 0;
      try {
        length = unpackSnappy(damaged).length;
      } catch (error) {
        expect((error as Error).message).toMatch(/^its? /);
      }
      expect(length).toBeLessThanOrEqual((damaged.length * 64) / 3);
    }
  });
});
