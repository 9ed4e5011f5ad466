import { describe, expect, it } from 'vitest';
import { OptionError } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import { axisSamples, pictureSamples, sliceSamples } from './coordinates.js';

const positions = (samples: { cell: Int32Array; fraction: Float64Array }): number[] =>
  Array.from(samples.cell, (cell, pixel) => cell + (samples.fraction[pixel] ?? Number.NaN));

describe('axisSamples', () => {
  it('samples the grid points themselves without maps', () => {
    expect(positions(axisSamples(4, []))).toEqual([0, 1, 2, 3]);
  });

  it('puts the ends of aligned corners on each other', () => {
    const samples = axisSamples(5, [{ convention: 'align-corners', from: 5, to: 3 }]);
    expect(positions(samples)).toEqual([0, 0.5, 1, 1.5, 2]);
  });

  it('keeps half-pixel centres inside the grid', () => {
    const samples = axisSamples(4, [{ convention: 'half-pixel', from: 4, to: 2 }]);
    expect(positions(samples)).toEqual([0, 0.25, 0.75, 1]);
  });

  it('follows the ratio in the asymmetric convention, up to the last point', () => {
    const samples = axisSamples(4, [{ convention: 'asymmetric', from: 4, to: 2 }]);
    expect(positions(samples)).toEqual([0, 0.5, 1, 1]);
  });

  it('has one position on a grid of one point', () => {
    for (const convention of ['align-corners', 'half-pixel', 'asymmetric'] as const) {
      expect(positions(axisSamples(3, [{ convention, from: 3, to: 1 }]))).toEqual([0, 0, 0]);
      expect(positions(axisSamples(1, [{ convention, from: 1, to: 1 }]))).toEqual([0]);
    }
  });

  it('rejects chains that do not meet and unusable lengths', () => {
    const halve = { convention: 'half-pixel', from: 4, to: 2 } as const;
    expect(() => axisSamples(5, [halve])).toThrow(/expected from 5, found 4/);
    expect(() => axisSamples(4, [halve, { ...halve, from: 1 }])).toThrow(/from at least 2/);
    for (const size of [0, -1, 1.5, Number.NaN, 2 ** 40]) {
      expect(() => axisSamples(size, [])).toThrow(OptionError);
    }
  });
});

describe('pictureSamples', () => {
  it('equals the two resizes written out', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 300; round++) {
      const input = random.integer(2, 80);
      const valid = random.integer(1, input);
      const picture = random.integer(1, 120);
      const grid = random.integer(1, 40);
      for (const convention of ['align-corners', 'half-pixel'] as const) {
        if (input === grid || picture === valid) continue;
        const expected = Array.from({ length: picture }, (_, pixel) => {
          const plane = Math.min(Math.max(((pixel + 0.5) * valid) / picture - 0.5, 0), valid - 1);
          return convention === 'align-corners'
            ? (plane * (grid - 1)) / (input - 1)
            : Math.min(Math.max(((plane + 0.5) * grid) / input - 0.5, 0), grid - 1);
        });
        const samples = pictureSamples({ picture, valid, input, grid, convention });
        expect(samples.gridSize).toBe(grid);
        expect(samples.cell).toEqual(Int32Array.from(expected, Math.floor));
        expect(samples.fraction).toEqual(
          Float64Array.from(expected, (position) => position - Math.floor(position)),
        );
      }
    }
  });

  it('never samples the padding of a picture that fills half of the input', () => {
    const samples = pictureSamples({
      picture: 300,
      valid: 129,
      input: 257,
      grid: 33,
      convention: 'align-corners',
    });
    expect(Math.max(...positions(samples))).toBe(16);
  });

  it('rejects a picture larger than the input', () => {
    const axis = { picture: 10, valid: 9, input: 8, grid: 4, convention: 'half-pixel' } as const;
    expect(() => pictureSamples(axis)).toThrow(/expected from at least 9, found 8/);
  });
});

describe('sliceSamples', () => {
  it('takes a strip', () => {
    const samples = axisSamples(6, [{ convention: 'align-corners', from: 6, to: 3 }]);
    expect(positions(sliceSamples(samples, 2, 5))).toEqual(positions(samples).slice(2, 5));
  });
});
