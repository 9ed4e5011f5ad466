import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../core/errors.js';
import { type Random, seededRandom } from '../../../core/random.js';
import { damagedCopy, fromHex, noise } from '../../damaged-bytes.fixture.js';
import {
  bytesFeature,
  decodeExample,
  type Example,
  encodeExample,
  type Feature,
  floatFeature,
  int64Feature,
  singleBytes,
  singleInteger,
  singleText,
  textFeature,
} from './index.js';

const small: Example = new Map<string, Feature>([
  ['a/bytes', bytesFeature(Uint8Array.of(1, 2), new Uint8Array(0))],
  ['b/float', floatFeature(0.5, -2)],
  ['c/int', int64Feature(1, 300, -1)],
]);

// Made in Python from the wire format's description, numbers packed as in feature.proto.
const smallBytes = fromHex(
  '0a4a0a130a07612f627974657312080a060a0201020a000a170a07622f666c6f6174120c120a0a080000003f' +
    '000000c00a1a0a05632f696e7412111a0f0a0d01ac02ffffffffffffffffff01',
);

/** Bytes inside messages inside each other, given by the fields they stand in, outermost first. */
function nested(fields: readonly number[], content: Uint8Array): Uint8Array {
  return fields.reduceRight(
    (inner, field) => new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(inner).finish(),
    content,
  );
}

function randomExample(random: Random): Example {
  const example = new Map<string, Feature>();
  for (let at = random.integer(0, 8); at > 0; at--) {
    const length = random.integer(0, 5);
    const kind = random.integer(0, 2);
    const values = Array.from({ length }, () => random.integer(-1e6, 1e6));
    if (kind === 0) example.set(`f${at}`, int64Feature(...values));
    else if (kind === 1) example.set(`f${at}`, floatFeature(...values.map((value) => value / 7)));
    else example.set(`f${at}`, bytesFeature(...values.map(() => noise(40, random))));
  }
  return example;
}

describe('tf.train.Example', () => {
  it('has the bytes of the format', () => {
    expect(encodeExample(small)).toEqual(smallBytes);
    expect(encodeExample(new Map([...small].reverse()))).toEqual(smallBytes);
    expect(decodeExample(smallBytes, 'r')).toEqual(small);
  });

  it('gives back what was written', () => {
    const random = seededRandom(1);
    for (let trial = 0; trial < 300; trial++) {
      const example = randomExample(random);
      const bytes = encodeExample(example);
      expect(decodeExample(bytes, 'r')).toEqual(new Map([...example].sort()));
    }
  });

  it('keeps a large picture in place, without a copy', () => {
    const bytes = encodeExample(new Map([['image/encoded', bytesFeature(new Uint8Array(1e6))]]));
    const picture = singleBytes(decodeExample(bytes, 'r'), 'image/encoded', 'r');
    expect(picture.length).toBe(1e6);
    expect(picture.buffer).toBe(bytes.buffer);
  });

  it('reads lists that are not packed, and leaves out features without a kind', () => {
    const list = new BinaryWriter();
    for (const value of [1, 5, 300]) list.tag(1, WireType.Varint).int64(value);
    const feature = nested([3], list.finish());
    const entry = Uint8Array.of(0x0a, 1, ...new TextEncoder().encode('n'), ...nested([2], feature));
    const bytes = nested([1, 1], entry);
    expect(decodeExample(bytes, 'r')).toEqual(new Map([['n', int64Feature(1, 5, 300)]]));
    expect(decodeExample(fromHex('0a070a050a016e1200'), 'r').size).toBe(0);
    expect(decodeExample(new Uint8Array(0), 'r').size).toBe(0);
  });

  it('gives single values by name', () => {
    const example: Example = new Map<string, Feature>([
      ['image/format', textFeature('jpeg')],
      ['image/height', int64Feature(375)],
      ['image/mean', floatFeature(0.5)],
      ['image/sizes', int64Feature(1, 2)],
      ['image/raw', bytesFeature(Uint8Array.of(0xff))],
      ['image/huge', { kind: 'int64', values: BigInt64Array.of(2n ** 60n) }],
    ]);
    expect(singleText(example, 'image/format', 'r')).toBe('jpeg');
    expect(singleInteger(example, 'image/height', 'r')).toBe(375);
    const problems: readonly (readonly [() => unknown, RegExp])[] = [
      [() => singleBytes(example, 'image/x', 'r'), /^r: .*no feature "image\/x" .*features "im/],
      [() => singleText(example, 'image/height', 'r'), /of kind bytes, found 1 of kind int64/],
      [() => singleInteger(example, 'image/mean', 'r'), /of kind int64, found 1 of kind float/],
      [() => singleInteger(example, 'image/sizes', 'r'), /found 2 of kind int64/],
      [() => singleText(example, 'image/raw', 'r'), /not UTF-8/],
      [() => singleInteger(example, 'image/huge', 'r'), /too large a number \(found 1152921504606/],
    ];
    for (const [read, message] of problems) {
      expect(read).toThrow(FormatError);
      expect(read).toThrow(message);
    }
  });
});

describe('a damaged example', () => {
  it('is refused where a feature has two kinds', () => {
    const bytes = fromHex('0a0b0a090a016e12040a001a00');
    expect(() => decodeExample(bytes, 'r')).toThrow(/^r, feature "n": .*several kinds/);
  });

  it('is refused for millions of empty byte strings', () => {
    const list = new Uint8Array(3_000_000);
    for (let at = 0; at < list.length; at += 2) list[at] = 0x0a;
    const bytes = nested([1, 1, 2, 1], list);
    expect(() => decodeExample(bytes, 'r')).toThrow(/too many parts/);
  });

  it('is read or refused, whatever bytes change', () => {
    const random = seededRandom(2);
    let refused = 0;
    for (let trial = 0; trial < 5000; trial++) {
      const bytes = trial < 500 ? noise(60, random) : damagedCopy(smallBytes, random);
      try {
        decodeExample(bytes, 'r');
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        expect(error.message).toMatch(/^r[^\n]*$/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1500);
  });
});
