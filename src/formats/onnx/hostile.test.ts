import { describe, expect, it } from 'vitest';
import { FormatError, UnsupportedError } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import { graph, model, node, richModel } from './model.fixture.js';
import { readOnnx } from './read.js';
import type { OnnxGraph } from './records.js';
import { writeOnnx } from './write.js';

const utf8 = new TextEncoder();

/** Reads, and tells whether the file was refused in the proper way; anything else is thrown on. */
function isRefused(bytes: Uint8Array): boolean {
  try {
    readOnnx(bytes, 'm.onnx');
    return false;
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
    expect(error.message).toMatch(/^m\.onnx[^\n]*$/);
    return true;
  }
}

describe('a damaged file', () => {
  const sound = writeOnnx(richModel(seededRandom(6)));

  it('is read or refused, whatever bytes change', () => {
    const random = seededRandom(7);
    let refused = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const bytes = sound.slice();
      for (let change = random.integer(1, 4); change > 0; change--) {
        const at = random.integer(0, bytes.length - 1);
        const kind = random.integer(0, 3);
        if (kind === 0) bytes[at] = random.integer(0, 255);
        else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(0, 7));
        else if (kind === 2) bytes.copyWithin(at, random.integer(0, bytes.length - 1));
        else bytes.fill(255, at, at + random.integer(1, 12));
      }
      if (isRefused(bytes)) refused++;
    }
    expect(refused).toBeGreaterThan(1000);
  });

  it('is refused wherever it is cut off inside the graph', () => {
    for (let length = 1; length < sound.length - 100; length += 7) {
      expect(isRefused(sound.subarray(0, length)), `${length} bytes`).toBe(true);
    }
  });

  it('is read or refused when it is noise', () => {
    const random = seededRandom(8);
    for (let trial = 0; trial < 1000; trial++) {
      const noise = Uint8Array.from({ length: random.integer(0, 60) }, () =>
        random.integer(0, 255),
      );
      expect(isRefused(noise)).toBe(true);
    }
  });
});

describe('a file made to exhaust its reader', () => {
  it('is refused for a shape beyond its data before memory is taken', () => {
    const dims = [2n ** 40n, 2n ** 12n].flatMap((size) => [0x08, ...varintBytes(size)]);
    const tensor = [...dims, 0x10, 1, 0x42, 1, 0x77];
    const graphBytes = [0x2a, tensor.length, ...tensor];
    const file = [0x08, 8, 0x3a, graphBytes.length, ...graphBytes, 0x42, 2, 0x10, 17];
    expect(() => readOnnx(Uint8Array.from(file), 'm.onnx')).toThrow(/does not fill the shape/);
  });

  it('is refused for sub-graphs in sub-graphs', () => {
    const nested = (levels: number): OnnxGraph =>
      levels === 0
        ? graph({})
        : graph({
            nodes: [node('If', [], ['y'], { body: { kind: 'graph', value: nested(levels - 1) } })],
          });
    expect(isRefused(writeOnnx(model(nested(16))))).toBe(false);
    expect(() => readOnnx(writeOnnx(model(nested(17))), 'm.onnx')).toThrow(/nested too deep/);
  });

  it('is refused for millions of empty parts', () => {
    const parts = 3_000_000;
    const graphBytes = new Uint8Array(2 * parts);
    for (let at = 0; at < graphBytes.length; at += 2) graphBytes[at] = 0x6a;
    const length = varintBytes(BigInt(graphBytes.length));
    const file = Uint8Array.from([0x08, 8, 0x42, 2, 0x10, 17, 0x3a, ...length]);
    const whole = new Uint8Array(file.length + graphBytes.length);
    whole.set(file);
    whole.set(graphBytes, file.length);
    expect(() => readOnnx(whole, 'm.onnx')).toThrow(/too many parts/);
  });
});

describe('a file of another kind', () => {
  it.each<[string, Uint8Array]>([
    ['an empty file', new Uint8Array(0)],
    ['only zeros', new Uint8Array(100)],
    ['a TensorFlow Lite model', utf8.encode('\x1c\0\0\0TFL3\0\0')],
    ['a web page', utf8.encode('\n<!DOCTYPE html><html></html>')],
    ['a zip archive', utf8.encode('PK\x03\x04archive/data.pkl')],
    ['a Git LFS pointer', utf8.encode('version https://git-lfs.github.com/spec/v1\noid')],
    ['an HDF5 file', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a)],
    ['a pickle', Uint8Array.of(0x80, 2, 0x8a, 0x0a)],
    ['a safetensors file', utf8.encode('\x40\0\0\0\0\0\0\0{"__metadata__":{}}')],
    [
      'the index of a TensorFlow checkpoint',
      Uint8Array.of(0, 0, 1, 2, 3, 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb),
    ],
    ['a picture', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
    ['JSON', utf8.encode('{ "labels": [] }')],
  ])('is called by its name: %s', (name, bytes) => {
    expect(() => readOnnx(bytes, 'dir/m.onnx')).toThrow(FormatError);
    expect(() => readOnnx(bytes, 'dir/m.onnx')).toThrow(
      `dir/m.onnx: this is not an ONNX model (expected the bytes of an .onnx file, found ${name}`,
    );
  });

  it('is refused as no model where its kind is unknown', () => {
    expect(() => readOnnx(utf8.encode('hello, world'), 'm.onnx')).toThrow(FormatError);
    expect(() => readOnnx(Uint8Array.of(0x08, 8), 'm.onnx')).toThrow(/found no graph/);
  });
});

function varintBytes(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}
