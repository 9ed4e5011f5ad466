import { describe, expect, it } from 'vitest';
import { atrousUnits, fixedPads, makeDivisible, samePads, strideSize } from './geometry.js';

/** Nominal strides of MobileNetV2's units, which take features at stride 2. */
const mobileNetV2 = [1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1];

describe('strides and atrous rates', () => {
  const written = (outputStride: number) =>
    atrousUnits(mobileNetV2, outputStride, 2).map(({ stride, rate }) => `${stride}/${rate}`);

  it('are the nominal strides at output stride 32', () => {
    expect(written(32)).toEqual(mobileNetV2.map((stride) => `${stride}/1`));
  });

  // expanded_conv_13 loses its stride and keeps rate 1; _14 to _16 have rate 2.
  it('begin with the last stage at output stride 16', () => {
    const units = written(16);
    expect(units.slice(0, 13)).toEqual(written(32).slice(0, 13));
    expect(units.slice(13)).toEqual(['1/1', '1/2', '1/2', '1/2']);
  });

  // expanded_conv_6: stride lost, rate 1; _7 to _12 rate 2; _13 stride lost, rate 2; then rate 4.
  it('double twice at output stride 8', () => {
    const units = written(8);
    expect(units.slice(0, 6)).toEqual(written(32).slice(0, 6));
    expect(units.slice(6)).toEqual(['1/1', ...Array(7).fill('1/2'), ...Array(3).fill('1/4')]);
  });

  it('double three times at output stride 4', () => {
    expect(written(4)).toEqual([
      ...['1/1', '2/1', '1/1'],
      ...['1/1', '1/2', '1/2'],
      ...['1/2', ...Array(6).fill('1/4')],
      ...['1/4', ...Array(3).fill('1/8')],
    ]);
  });
});

describe('SAME padding', () => {
  it.each([
    // size, kernel, stride, rate: before and after, as TensorFlow pads
    [257, 3, 2, 1, 1, 1],
    [256, 3, 2, 1, 0, 1],
    [33, 3, 1, 1, 1, 1],
    [32, 3, 1, 2, 2, 2],
    [33, 3, 1, 4, 4, 4],
    [10, 2, 1, 1, 0, 1],
    [5, 1, 2, 1, 0, 0],
    [6, 1, 2, 1, 0, 0],
    [7, 5, 2, 1, 2, 2],
    [8, 5, 2, 1, 1, 2],
    [1, 3, 2, 1, 1, 1],
  ])(
    'of size %i, kernel %i, stride %i, rate %i is %i and %i',
    (size, kernel, stride, rate, ...both) => {
      const [before, after] = both;
      expect(samePads([size, 9], kernel, stride, rate).filter((_, at) => at % 2 === 0)).toEqual([
        before,
        after,
      ]);
      expect(samePads([9, size], kernel, stride, rate).filter((_, at) => at % 2 === 1)).toEqual([
        before,
        after,
      ]);
    },
  );

  it('gives ceil(size / stride) outputs at every size', () => {
    for (let size = 1; size < 40; size++) {
      for (const [kernel, stride, rate] of [
        [3, 1, 1],
        [3, 2, 1],
        [3, 1, 4],
        [5, 2, 1],
      ] as const) {
        const [top, , bottom] = samePads([size, 1], kernel, stride, rate);
        const outputs = Math.floor((size + top + bottom - (kernel - 1) * rate - 1) / stride) + 1;
        expect(outputs).toBe(Math.ceil(size / stride));
      }
    }
  });
});

it('pads height and width by a rate of their own', () => {
  expect(samePads([33, 33], 3, 1, [1, 6])).toEqual([1, 6, 1, 6]);
  expect(fixedPads(3, [2, 3])).toEqual([2, 3, 2, 3]);
});

it('pads by the kernel alone where pads are fixed, for as many outputs as SAME', () => {
  expect(fixedPads(7, 1)).toEqual([3, 3, 3, 3]);
  expect(fixedPads(4, 1)).toEqual([1, 1, 2, 2]);
  for (let size = 1; size < 40; size++) {
    for (const kernel of [1, 3, 7]) {
      const [top, , bottom] = fixedPads(kernel, 1);
      expect(Math.floor((size + top + bottom - kernel) / 2) + 1).toBe(Math.ceil(size / 2));
    }
  }
});

it('scales channels to multiples, never by more than a tenth downwards', () => {
  expect([16, 24, 32, 48, 80, 160].map((channels) => makeDivisible(channels * 0.75, 8))).toEqual([
    16, 24, 24, 40, 64, 120,
  ]);
  expect(makeDivisible(3, 8)).toBe(8);
  expect(makeDivisible(12, 1)).toBe(12);
});

it('counts features as DeepLab does, for sizes of k stride + 1 and others', () => {
  expect([513, 257, 769].map((size) => strideSize(size, 16))).toEqual([33, 17, 49]);
  expect([512, 514, 1, 2].map((size) => strideSize(size, 16))).toEqual([32, 33, 1, 1]);
});
