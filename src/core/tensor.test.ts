import { describe, expect, it } from 'vitest';
import { GraphError } from './errors.js';
import {
  elementCount,
  float16ToNumber,
  float32,
  int64,
  numberToFloat16,
  tensor,
  toNumbers,
  zeros,
} from './tensor.js';

describe('half precision', () => {
  it('goes there and back for every one of the 65536 patterns', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = float16ToNumber(bits);
      if (Number.isNaN(value)) expect(float16ToNumber(numberToFloat16(value))).toBeNaN();
      else if (numberToFloat16(value) !== bits) expect.fail(`${bits}: ${value}`);
    }
  });

  it('rounds to the nearest number, ties to even, on both sides of zero', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [float16ToNumber(bits), float16ToNumber(bits + 1)];
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const rounded = [middle, (low + middle) / 2, (high + middle) / 2].map(numberToFloat16);
      const negative = [-middle, -(low + middle) / 2].map(numberToFloat16);
      const expected = [even, bits, bits + 1];
      if (`${rounded}` !== `${expected}`) expect.fail(`${middle}: ${rounded}, not ${expected}`);
      if (`${negative}` !== `${[even | 0x8000, bits | 0x8000]}`) expect.fail(`${-middle}`);
    }
  });

  it('overflows to infinity from 65520 on', () => {
    expect(float16ToNumber(numberToFloat16(65519))).toBe(65504);
    expect(float16ToNumber(numberToFloat16(65520))).toBe(Number.POSITIVE_INFINITY);
    expect(float16ToNumber(numberToFloat16(-1e30))).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('tensors', () => {
  it('must fill their shapes', () => {
    expect(() => tensor('float32', [2, 3], new Float32Array(5))).toThrow(GraphError);
    expect(() => float32([2], [1, 2, 3])).toThrow(
      'tensor float32[2]: the array does not fill the shape (expected 2 elements, found 3)',
    );
  });

  it('of no axes hold one element, of an empty axis none', () => {
    expect(elementCount([])).toBe(1);
    expect(zeros('int64', []).data).toEqual(BigInt64Array.of(0n));
    expect(zeros('uint8', [3, 0, 2]).data).toHaveLength(0);
  });

  it('give their elements as numbers, whatever their type', () => {
    expect(toNumbers(int64([-1, 2]))).toEqual([-1, 2]);
    expect(toNumbers(tensor('float16', [2], Uint16Array.of(0x3c00, 0xc000)))).toEqual([1, -2]);
    expect(toNumbers(tensor('uint8', [2], Uint8Array.of(0, 255)))).toEqual([0, 255]);
  });
});
