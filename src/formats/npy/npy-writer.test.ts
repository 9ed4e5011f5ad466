import { describe, expect, it } from 'vitest';
import { float32, int64, tensor } from '../../core/tensor.js';
import { encodeNpy } from './npy-writer.js';

function headerOf(file: Uint8Array): { text: string; elements: Uint8Array } {
  const length = new DataView(file.buffer, file.byteOffset).getUint16(8, true);
  const text = new TextDecoder('latin1').decode(file.subarray(10, 10 + length));
  return { text, elements: file.slice(10 + length) };
}

describe('writing .npy', () => {
  it('begins with the magic string and version 1.0', () => {
    const file = encodeNpy(float32([2], [1, 2]));
    expect([...file.subarray(0, 8)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  });

  it.each([
    ['a scalar', [], '()'],
    ['a vector', [4], '(4,)'],
    ['a matrix', [2, 2], '(2, 2)'],
    ['probabilities', [3, 5, 2], '(3, 5, 2)'],
  ])('describes %s', (_, shape, tuple) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const file = encodeNpy(float32(shape, new Float32Array(count)));
    const { text } = headerOf(file);
    expect(text.trimEnd()).toBe(`{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`);
    expect(text.endsWith('\n')).toBe(true);
  });

  it('starts the elements at a multiple of 64 bytes, however long the header', () => {
    for (let rank = 0; rank < 30; rank++) {
      const file = encodeNpy(float32(new Array<number>(rank).fill(1), [7]));
      expect((file.length - 4) % 64).toBe(0);
    }
  });

  it('stores little-endian elements in row-major order', () => {
    const { elements } = headerOf(encodeNpy(float32([2, 2], [1.5, -2, 3, 0.25])));
    expect(new Float32Array(elements.buffer)).toEqual(Float32Array.of(1.5, -2, 3, 0.25));
    const wide = headerOf(encodeNpy(int64([-1, 2])));
    expect(wide.text).toContain("'<i8'");
    expect(new BigInt64Array(wide.elements.buffer)).toEqual(BigInt64Array.of(-1n, 2n));
  });

  it('writes only its part of a larger buffer', () => {
    const bytes = Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4);
    const { text, elements } = headerOf(encodeNpy(tensor('uint8', [3], bytes)));
    expect(text).toContain("'|u1'");
    expect([...elements]).toEqual([1, 2, 3]);
  });
});
