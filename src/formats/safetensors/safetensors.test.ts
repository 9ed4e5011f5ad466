import { describe, expect, it } from 'vitest';
import { type DType, elementArrays } from '../../core/dtype.js';
import { OutputError, UnsupportedError } from '../../core/errors.js';
import { type Random, seededRandom } from '../../core/random.js';
import { elementCount, float32, type Tensor, tensor } from '../../core/tensor.js';
import { readSafetensors, type Safetensors, safetensorsParts, writeSafetensors } from './index.js';

const ascii = (text: string): readonly number[] => [...new TextEncoder().encode(text)];

function content(
  tensors: readonly (readonly [string, Tensor])[],
  metadata: readonly (readonly [string, string])[] = [],
): Safetensors {
  return { tensors: new Map(tensors), metadata: new Map(metadata) };
}

/** A tensor of random bits; the shape may be a scalar or hold a zero. */
function randomTensor(random: Random): Tensor {
  const dtypes = Object.keys(elementArrays) as DType[];
  const dtype = dtypes[random.integer(0, dtypes.length - 1)] ?? 'float32';
  const shape = Array.from({ length: random.integer(0, 4) }, () => random.integer(0, 4));
  const data = new elementArrays[dtype](elementCount(shape));
  const bytes = new Uint8Array(data.buffer);
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.integer(0, 255);
  return { dtype, shape, data } as Tensor;
}

describe('writing safetensors', () => {
  // By hand from the format's description; the same as its own library writes.
  it('gives the bytes of the format', () => {
    const header = '{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}';
    const floats = [0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160];
    expect([
      ...writeSafetensors(content([['attn0', float32([1, 1, 2, 3], [0, 1, 2, 3, 4, 5])]])),
    ]).toEqual([72, 0, 0, 0, 0, 0, 0, 0, ...ascii(header.padEnd(72)), ...floats, 64]);
    expect([...writeSafetensors(content([]))]).toEqual([
      8,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...ascii('{}      '),
    ]);
    expect([...writeSafetensors(content([], [['framework', 'pt']]))]).toEqual([
      ...[40, 0, 0, 0, 0, 0, 0, 0],
      ...ascii('{"__metadata__":{"framework":"pt"}}     '),
    ]);
  });

  it('sorts wide types first, then names, so that order of arrival does not matter', () => {
    const byte = tensor('uint8', [1], Uint8Array.of(1));
    const wide = tensor('int64', [1], BigInt64Array.of(2n));
    const b = float32([1], [3]);
    const a = float32([1], [4]);
    const entries = [
      ['byte', byte],
      ['b', b],
      ['wide', wide],
      ['a', a],
    ] as const;
    const texts = [
      ['y', '2'],
      ['x', '1'],
    ] as const;
    const bytes = writeSafetensors(content(entries, texts));
    expect(bytes).toEqual(writeSafetensors(content([...entries].reverse(), [...texts].reverse())));
    expect([...readSafetensors(bytes, 'f').tensors.keys()]).toEqual(['wide', 'a', 'b', 'byte']);
  });

  it('gives parts that share the tensors’ memory', () => {
    const weights = float32([2], [1, 2]);
    const file = content([['w', weights]]);
    const parts = safetensorsParts(file);
    expect(parts.at(-1)?.buffer).toBe(weights.data.buffer);
    expect(parts.flatMap((part) => [...part])).toEqual([...writeSafetensors(file)]);
  });

  it.each<[string, Safetensors, RegExp]>([
    [
      'a tensor that does not fill its shape',
      content([['w', { dtype: 'float32', shape: [3], data: new Float32Array(2) }]]),
      /^safetensors file, tensor "w": .*float32\[3\] \(expected 3 elements, found 2\)$/,
    ],
    ['the name of the metadata', content([['__metadata__', float32([0], [])]]), /keeps this name/],
    ['half a surrogate pair', content([['\ud800', float32([0], [])]]), /not valid Unicode/],
    ['endless metadata', content([], [['log', 'x'.repeat(2 ** 24)]]), /too long for the header/],
  ])('refuses %s', (_, file, message) => {
    expect(() => writeSafetensors(file)).toThrow(OutputError);
    expect(() => writeSafetensors(file)).toThrow(message);
  });
});

describe('reading safetensors', () => {
  it('gives back what was written: all types, scalars, empty tensors, metadata', () => {
    const random = seededRandom(1);
    for (let trial = 0; trial < 100; trial++) {
      const names = Array.from({ length: random.integer(0, 20) }, (_, at) => `layer_${at}/weights`);
      const file = content(
        names.map((name) => [name, randomTensor(random)]),
        names.map((name) => [name, `${random.uniform()}`]),
      );
      const bytes = writeSafetensors(file);
      const read = readSafetensors(bytes, 'f');
      expect(new Map([...read.tensors].sort())).toEqual(new Map([...file.tensors].sort()));
      expect(read.metadata).toEqual(new Map([...file.metadata].sort()));
      expect(writeSafetensors(read)).toEqual(bytes);
    }
  });

  it('keeps names as they are', () => {
    const names = [
      '10',
      '9',
      '__proto__',
      'constructor',
      '',
      'Schicht "ä"\n\u0000',
      '层😀',
      '{a:[',
    ];
    const file = content(
      names.map((name, at) => [name, float32([1], [at])]),
      names.map((name) => [name, name]),
    );
    const { tensors, metadata } = readSafetensors(writeSafetensors(file), 'f');
    for (const [at, name] of names.entries()) {
      expect(tensors.get(name)?.data).toEqual(Float32Array.of(at));
      expect(metadata.get(name)).toBe(name);
    }
  });

  it('shares the memory of an aligned file and copies from an unaligned one', () => {
    const bytes = writeSafetensors(content([['w', float32([3], [1, 2, 3])]]));
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const view = readSafetensors(bytes, 'f').tensors.get('w');
    const copy = readSafetensors(shifted.subarray(1), 'f').tensors.get('w');
    expect(view?.data.buffer).toBe(bytes.buffer);
    expect(copy?.data.buffer).not.toBe(shifted.buffer);
    expect(copy).toEqual(view);
  });

  it('accepts what other writers do: white space, fields in another order, unknown fields', () => {
    const header =
      '{ "w" : { "shape":[ 1 ],\n"data_offsets":[0, 1], "dtype" :"U8", "note": {"a":[{}]} } }';
    const bytes = Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0, ...ascii(header), 7);
    expect(readSafetensors(bytes, 'f').tensors.get('w')).toEqual(
      tensor('uint8', [1], Uint8Array.of(7)),
    );
  });

  it('widens bfloat16 on request only', () => {
    const header = '{"w":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}'.padEnd(56);
    const halves = [0x80, 0x3f, 0x20, 0xc0, 0x80, 0x7f, 0x01, 0x00];
    const bytes = Uint8Array.of(56, 0, 0, 0, 0, 0, 0, 0, ...ascii(header), ...halves);
    expect(() => readSafetensors(bytes, 'f')).toThrow(UnsupportedError);
    expect(() => readSafetensors(bytes, 'f')).toThrow(/"w".*BF16.*widenBfloat16: true$/);
    expect(readSafetensors(bytes, 'f', { widenBfloat16: true }).tensors.get('w')).toEqual(
      float32([4], [1, -2.5, Number.POSITIVE_INFINITY, 2 ** -133]),
    );
  });
});
