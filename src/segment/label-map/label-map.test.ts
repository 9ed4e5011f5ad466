import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../core/random.js';
import { type AxisSamples, axisSamples, pictureSamples } from './coordinates.js';
import { labelMap } from './label-map.js';
import type { ScoreGrid } from './score-grid.js';

/** Every class at every pixel, by the formula alone. */
function oracle(scores: ScoreGrid, x: AxisSamples, y: AxisSamples): number[] {
  const { data, classes, height, width } = scores;
  const at = (label: number, row: number, column: number): number =>
    data[
      (label * height + Math.min(row, height - 1)) * width + Math.min(column, width - 1)
    ] as number;
  const labels: number[] = [];
  for (let line = 0; line < y.cell.length; line++) {
    const row = y.cell[line] as number;
    const fy = y.fraction[line] as number;
    for (let pixel = 0; pixel < x.cell.length; pixel++) {
      const column = x.cell[pixel] as number;
      const fx = x.fraction[pixel] as number;
      let winner = 0;
      let best = Number.NEGATIVE_INFINITY;
      for (let label = 0; label < classes; label++) {
        const left = (1 - fy) * at(label, row, column) + fy * at(label, row + 1, column);
        const right = (1 - fy) * at(label, row, column + 1) + fy * at(label, row + 1, column + 1);
        const value = (1 - fx) * left + fx * right;
        if (value > best) {
          winner = label;
          best = value;
        }
      }
      labels.push(winner);
    }
  }
  return labels;
}

const pick = <T>(random: Random, values: readonly T[]): T =>
  values[random.integer(0, values.length - 1)] as T;

/** The float32 number `steps` places further from zero. */
function further(value: number, steps: number): number {
  const float = Float32Array.of(value);
  const bits = new Int32Array(float.buffer);
  bits[0] = (bits[0] as number) + steps;
  return float[0] as number;
}

const extremes = [3e38, -3e38, 1e8, -1e8, 1, 0, -0, 1e-30, -1e-30, 1e-45] as const;
const specials = [...extremes, Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

type Fill = (random: Random, classes: number, height: number, width: number) => Float32Array;

function independent(value: (random: Random) => number): Fill {
  return (random, classes, height, width) =>
    Float32Array.from({ length: classes * height * width }, () => value(random));
}

/** Every class starts from the same plane. */
function sharedPlane(
  start: (random: Random) => number,
  change: (value: number, random: Random) => number,
): Fill {
  return (random, classes, height, width) => {
    const plane = Array.from({ length: height * width }, () => start(random));
    return Float32Array.from({ length: classes * plane.length }, (_, index) =>
      change(plane[index % plane.length] as number, random),
    );
  };
}

const fills: { readonly [name: string]: Fill } = {
  noise: independent((random) => random.normal()),
  integers: independent((random) => random.integer(-2, 2)),
  'equal planes': sharedPlane(
    (random) => random.normal(),
    (value) => value,
  ),
  'planes apart by one float32 step': sharedPlane(
    (random) => random.normal() * 10 ** random.integer(-3, 8),
    (value, random) => further(value, random.integer(0, 1)),
  ),
  'one class ahead by one float32 step everywhere': (random, classes, height, width) => {
    const points = height * width;
    const plane = Array.from({ length: points }, () => pick(random, extremes) || 1);
    const ahead = random.integer(0, classes - 1);
    return Float32Array.from({ length: classes * points }, (_, index) => {
      const value = plane[index % points] as number;
      return Math.floor(index / points) === ahead ? further(value, value > 0 ? 1 : -1) : value;
    });
  },
  'huge differences of magnitude': independent((random) => pick(random, extremes)),
  'large values apart in a few places': sharedPlane(
    (random) => pick(random, extremes),
    (value, random) => (random.uniform() < 0.8 ? value : pick(random, extremes)),
  ),
  'NaN and infinities': independent((random) =>
    random.uniform() < 0.7 ? random.integer(-2, 2) : pick(random, specials),
  ),
  'NaN and -Infinity only': independent((random) =>
    pick(random, [Number.NaN, Number.NEGATIVE_INFINITY]),
  ),
  'smooth blobs': (random, classes, height, width) => {
    const blobs = Array.from({ length: classes }, () => ({
      x: random.uniform(),
      y: random.uniform(),
      sharpness: 2 + 20 * random.uniform(),
    }));
    return Float32Array.from({ length: classes * height * width }, (_, index) => {
      const blob = blobs[Math.floor(index / (height * width))] as (typeof blobs)[number];
      const x = (index % width) / width - blob.x;
      const y = (Math.floor(index / width) % height) / height - blob.y;
      return 8 * Math.exp(-blob.sharpness * (x * x + y * y));
    });
  },
};

/** Samples along one axis of any convention, or at arbitrary positions in arbitrary order. */
function randomSamples(random: Random, size: number, grid: number): AxisSamples {
  const kind = random.integer(0, 5);
  if (kind <= 2) {
    const input = random.integer(1, 60);
    const convention = pick(random, ['align-corners', 'half-pixel', 'asymmetric'] as const);
    return pictureSamples({
      picture: size,
      valid: random.integer(1, input),
      input,
      grid,
      convention,
    });
  }
  if (kind === 3) {
    return axisSamples(size, [{ convention: 'align-corners', from: size, to: grid }]);
  }
  const cell = Int32Array.from({ length: size }, () => random.integer(0, grid - 1));
  const fraction = Float64Array.from({ length: size }, () =>
    random.uniform() < 0.3 ? pick(random, [0, 0.5, 1, 1e-300, 2 ** -53]) : random.uniform(),
  );
  if (kind === 4) {
    cell.sort();
    fraction.sort();
  }
  return { gridSize: grid, cell, fraction };
}

function expectExact(scores: ScoreGrid, x: AxisSamples, y: AxisSamples, name: string): void {
  const { data } = labelMap(scores, x, y);
  const expected = oracle(scores, x, y);
  for (let pixel = 0; pixel < expected.length; pixel++) {
    if (data[pixel] !== expected[pixel]) {
      expect.fail(`${name}, pixel ${pixel}: ${data[pixel]}, by the formula ${expected[pixel]}`);
    }
  }
  expect(data.length).toBe(expected.length);
}

describe('labelMap', () => {
  for (const [name, fill] of Object.entries(fills)) {
    it(`equals the argmax of float64 interpolation: ${name}`, () => {
      const random = seededRandom(name.length);
      for (let round = 0; round < 1000; round++) {
        const classes = random.integer(1, 7);
        const height = random.integer(1, 6);
        const width = random.integer(1, 6);
        const scores = { data: fill(random, classes, height, width), classes, height, width };
        const x = randomSamples(random, random.integer(1, round % 10 === 0 ? 150 : 30), width);
        const y = randomSamples(random, random.integer(1, 20), height);
        expectExact(scores, x, y, `round ${round}`);
      }
    });
  }

  it('is exact when the grid is larger than the result', () => {
    const random = seededRandom(3);
    for (const fill of Object.values(fills)) {
      const scores = { data: fill(random, 5, 60, 70), classes: 5, height: 60, width: 70 };
      expectExact(scores, randomSamples(random, 9, 70), randomSamples(random, 12, 60), 'downscale');
    }
  });

  it('is exact at the sizes of a DeepLab on a photograph', () => {
    const random = seededRandom(4);
    const fill = fills['smooth blobs'] as Fill;
    const scores = { data: fill(random, 21, 33, 33), classes: 21, height: 33, width: 33 };
    const shared = { input: 257, grid: 33, convention: 'align-corners' } as const;
    const x = pictureSamples({ picture: 300, valid: 257, ...shared });
    const y = pictureSamples({ picture: 200, valid: 171, ...shared });
    expectExact(scores, x, y, 'photograph');
    expect(new Set(labelMap(scores, x, y).data).size).toBeGreaterThan(5);
  });

  it('gives 16-bit labels above 256 classes', () => {
    const random = seededRandom(5);
    const fill = fills['noise'] as Fill;
    const scores = { data: fill(random, 300, 3, 3), classes: 300, height: 3, width: 3 };
    const x = randomSamples(random, 20, 3);
    expect(labelMap(scores, x, x).data).toBeInstanceOf(Uint16Array);
    expectExact(scores, x, x, '300 classes');
  });

  it('fills a given array, whatever it held', () => {
    const random = seededRandom(6);
    const fill = fills['smooth blobs'] as Fill;
    const scores = { data: fill(random, 4, 5, 5), classes: 4, height: 5, width: 5 };
    const x = axisSamples(40, [{ convention: 'half-pixel', from: 40, to: 5 }]);
    const out = new Uint8Array(1600).fill(99);
    const map = labelMap(scores, x, x, out);
    expect(map).toMatchObject({ width: 40, height: 40 });
    expect(map.data).toBe(out);
    expect(Array.from(out)).toEqual(oracle(scores, x, x));
  });

  it('says which sizes do not fit', () => {
    const scores = { data: new Float32Array(12), classes: 3, height: 2, width: 2 };
    const x = axisSamples(2, []);
    expect(() => labelMap({ ...scores, classes: 4 }, x, x)).toThrow(/expected 16 elements.*12/);
    expect(() => labelMap(scores, axisSamples(3, []), x)).toThrow(/along x.*another grid/);
    expect(() => labelMap(scores, x, axisSamples(3, []))).toThrow(/along y.*another grid/);
    expect(() => labelMap(scores, x, x, new Uint8Array(5))).toThrow(/expected 4 elements, found 5/);
    const outside = { ...x, fraction: Float64Array.of(0, 1.5) };
    expect(() => labelMap(scores, x, outside)).toThrow(/along y, pixel 1.*fraction 1.5/);
    const many = { data: new Float32Array(257 * 4), classes: 257, height: 2, width: 2 };
    expect(() => labelMap(many, x, x, new Uint8Array(4))).toThrow(/Uint16Array for 257 classes/);
    const wide = axisSamples(2 ** 17, [{ convention: 'half-pixel', from: 2 ** 17, to: 2 }]);
    expect(() => labelMap(scores, wide, wide)).toThrow(/too large for one array.*strips/);
  });
});
