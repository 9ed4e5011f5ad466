import { describe, expect, it } from 'vitest';
import { FormatError, UnsupportedError } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import { float32, int64, type Tensor, tensor } from '../../core/tensor.js';
import { damagedCopy, noise } from '../damaged-bytes.fixture.js';
import { readSafetensors, writeSafetensors } from './index.js';

/** A file with this header, as it is, and so many bytes of data. */
function fileOf(header: string, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (shape: string, begin: number, end: number, dtype = 'F32'): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

describe('a file that breaks the format', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /^f: .*too short .*\(expected at least 8 bytes, found 0\)/],
    ['another format', new TextEncoder().encode('PK\x03\x04 and so on'), /not a safetensors file/],
    ['an empty header', new Uint8Array(8), /not a safetensors file/],
    [
      'a header beyond the file',
      fileOf(`{"w":${entry('[1]', 0, 4)}}`, 4).subarray(0, 30),
      /^f: the file is cut off inside its header \(expected at least 62 bytes, found 30\)/,
    ],
    [
      'an enormous header',
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x10, 0x7b),
      /^f: the header is too large \(expected at most 16777216 bytes, found 1152921504606846976\)/,
    ],
    ['damaged text', Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff), /header is not UTF-8/],
    ['damaged JSON', fileOf('{"w":', 0), /header is not JSON: /],
    ['text after the header', fileOf('{}{}', 0), /header is not JSON: /],
    ['a repeated name', fileOf(`{"w":${entry('[0]', 0, 0)},"\\u0077":1}`, 0), /holds "w" twice/],
    ['a repeated field', fileOf('{"w":{"dtype":"F32", "dtype" :"U8"}}', 0), /holds "dtype" twice/],
    ['no entry', fileOf('{"w":3}', 0), /^f, tensor "w": its entry makes .*an object, found 3\)$/],
    ['a list of metadata', fileOf('{"__metadata__":[]}', 0), /expected an object of strings/],
    ['metadata of numbers', fileOf('{"__metadata__":{"a":1}}', 0), /entry "a" .*a string, found 1/],
    ['an unknown type', fileOf(`{"w":${entry('[1]', 0, 4, 'F99')}}`, 4), /unknown .*found "F99"/],
    ['no type', fileOf('{"w":{"shape":[]}}', 0), /"dtype" makes .*a string, found nothing\)$/],
    ['a negative size', fileOf(`{"w":${entry('[-1]', 0, 4)}}`, 4), /"shape" makes no .*\[-1\]/],
    ['a broken size', fileOf(`{"w":${entry('[1.5]', 0, 6)}}`, 6), /"shape" makes no sense/],
    [
      'very many axes',
      fileOf(`{"w":${entry(`[${new Array(65).fill(1).join()}]`, 0, 4)}}`, 4),
      /"shape" makes no sense \(expected at most 64 axes, found a list of 65\)/,
    ],
    [
      'three offsets',
      fileOf('{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}', 0),
      /two w/,
    ],
    [
      'too little data for the shape',
      fileOf(`{"w":${entry('[2,3]', 0, 20)}}`, 20),
      /^f, tensor "w": .*shape float32\[2, 3\] \(expected 24 bytes, found 20\)/,
    ],
    ['an end before the start', fileOf(`{"w":${entry('[1]', 8, 4)}}`, 8), /expected 4.* found -4/],
    [
      'a shape beyond all memory',
      fileOf(`{"w":${entry('[9007199254740991,9007199254740991]', 0, 4)}}`, 4),
      /does not fill the shape/,
    ],
    [
      'a cut-off tensor',
      fileOf(`{"w":${entry('[2]', 0, 8)}}`, 7),
      /^f, tensor "w": the data lies beyond the end of the file \(expected at least 70 bytes, fo.*69/,
    ],
    [
      'tensors that overlap',
      fileOf(`{"b":${entry('[2]', 4, 12)},"a":${entry('[2]', 0, 8)}}`, 12),
      /^f, tensor "b": the data overlaps that of "a" \(expected a start at byte 124, found 120\)/,
    ],
    [
      'a gap between tensors',
      fileOf(`{"a":${entry('[1]', 0, 4)},"b":${entry('[1]', 8, 12)}}`, 12),
      /^f, tensor "b": the data leaves a gap after "a" /,
    ],
    ['bytes of no tensor', fileOf('{}', 3), /^f: bytes after the last .*a file of 10 .*found 13/],
  ])('is refused: %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'f')).toThrow(FormatError);
    expect(() => readSafetensors(bytes, 'f')).toThrow(message);
  });

  it('is told apart from one with types that no tensor holds', () => {
    const bytes = fileOf(`{"w":${entry('[4]', 0, 4, 'F8_E4M3')}}`, 4);
    expect(() => readSafetensors(bytes, 'f')).toThrow(UnsupportedError);
    expect(() => readSafetensors(bytes, 'f')).toThrow(/^f, tensor "w": elements of type F8_E4M3 /);
  });
});

describe('a damaged file', () => {
  const sound = writeSafetensors({
    tensors: new Map<string, Tensor>([
      ['conv/weights', float32([2, 3], [1, 2, 3, 4, 5, 6])],
      ['conv/biases', float32([3], [1, 2, 3])],
      ['step', int64([30], [])],
      ['mask', tensor('bool', [3], Uint8Array.of(1, 0, 1))],
    ]),
    metadata: new Map([['config', '{"a": [1, 2]}']]),
  });

  function isRefused(bytes: Uint8Array): boolean {
    try {
      readSafetensors(bytes, 'f');
      return false;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
      expect(error.message).toMatch(/^f[^\n]*$/);
      return true;
    }
  }

  it('is refused wherever it is cut off', () => {
    for (let length = 0; length < sound.length; length++) {
      expect(isRefused(sound.subarray(0, length)), `${length} bytes`).toBe(true);
    }
  });

  it('is read or refused, whatever bytes change', () => {
    const random = seededRandom(2);
    let refused = 0;
    for (let trial = 0; trial < 5000; trial++) {
      if (isRefused(damagedCopy(sound, random))) refused++;
    }
    expect(refused).toBeGreaterThan(2000);
    for (let trial = 0; trial < 500; trial++) expect(isRefused(noise(60, random))).toBe(true);
  });

  it('is refused quickly where its header is deep or long', () => {
    const deep = 100_000;
    expect(isRefused(fileOf(`{"a":${'['.repeat(deep)}${']'.repeat(deep)}}`, 0))).toBe(true);
    expect(isRefused(fileOf(`${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`, 0))).toBe(true);
    expect(isRefused(fileOf(`{"a":"${'\\\\'.repeat(1_000_000)}"}`, 0))).toBe(true);
  });
});
