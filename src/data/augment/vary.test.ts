import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { blurPart } from './blur.js';
import { varyColour } from './vary-colour.js';

const random = seededRandom(8);
const [width, height] = [12, 9];
const part = { left: 2, top: 1, right: 10, bottom: 7 };
const still = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };

function noise(): Float32Array {
  return Float32Array.from({ length: width * height * 3 }, () => random.integer(60, 180));
}

function inside(pixel: number): boolean {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  return x >= part.left && x < part.right && y >= part.top && y < part.bottom;
}

/** Calls back for every pixel with the colours before and after. */
function compare(
  change: (crop: Float32Array) => void,
  check: (before: readonly number[], after: readonly number[]) => void,
): void {
  const before = noise();
  const after = before.slice();
  change(after);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [old, now] = [before, after].map((crop) => [...crop.subarray(pixel * 3, pixel * 3 + 3)]);
    if (inside(pixel)) check(old ?? [], now ?? []);
    else expect(now).toEqual(old);
  }
}

const lumaOf = (colour: readonly number[]): number =>
  0.299 * (colour[0] ?? 0) + 0.587 * (colour[1] ?? 0) + 0.114 * (colour[2] ?? 0);

function expectClose(found: readonly number[], expected: readonly number[], digits = 3): void {
  expected.forEach((sample, i) => {
    expect(found[i]).toBeCloseTo(sample, digits);
  });
}

describe('variation of colours', () => {
  it('changes nothing where nothing is asked', () => {
    compare(
      (crop) => varyColour(crop, width, part, still),
      (old, now) => expect(now).toEqual(old),
    );
  });

  it('brightness scales, and is clamped', () => {
    compare(
      (crop) => varyColour(crop, width, part, { ...still, brightness: 1.3 }),
      (old, now) =>
        expectClose(
          now,
          old.map((sample) => Math.min(255, sample * 1.3)),
        ),
    );
    compare(
      (crop) => varyColour(crop, width, part, { ...still, brightness: 9 }),
      (_, now) => expect(now).toEqual([255, 255, 255]),
    );
  });

  it('contrast 0 leaves the mean luma of the part, padding not counted', () => {
    const before = noise();
    const crop = before.slice();
    varyColour(crop, width, part, { ...still, contrast: 0 });
    let sum = 0;
    let count = 0;
    for (let pixel = 0; pixel < width * height; pixel++) {
      if (!inside(pixel)) continue;
      sum += lumaOf([...before.subarray(pixel * 3, pixel * 3 + 3)]);
      count++;
    }
    const at = (part.top * width + part.left) * 3;
    expectClose([...crop.subarray(at, at + 3)], new Array<number>(3).fill(sum / count));
  });

  it('saturation 0 leaves the luma of each pixel', () => {
    compare(
      (crop) => varyColour(crop, width, part, { ...still, saturation: 0 }),
      (old, now) => expectClose(now, new Array<number>(3).fill(lumaOf(old))),
    );
  });

  it('hue keeps the luma and greys, changes colours, and comes round after a full turn', () => {
    compare(
      (crop) => varyColour(crop, width, part, { ...still, hue: 0.6 }),
      (old, now) => {
        if (now.every((sample) => sample > 0 && sample < 255)) {
          expect(lumaOf(now)).toBeCloseTo(lumaOf(old), 2);
        }
      },
    );
    const grey = new Float32Array(width * height * 3).fill(120);
    varyColour(grey, width, part, { ...still, hue: 1 });
    expect(Math.max(...grey.map((sample) => Math.abs(sample - 120)))).toBeLessThan(1e-3);
    const red = new Float32Array(width * height * 3).fill(100).map((_, i) => (i % 3 ? 100 : 150));
    const turned = red.slice();
    varyColour(turned, width, part, { ...still, hue: 1 });
    const at = (part.top * width + part.left) * 3;
    expect(Math.abs((turned[at] ?? 0) - 150)).toBeGreaterThan(5);
    compare(
      (crop) => varyColour(crop, width, part, { ...still, hue: 2 * Math.PI }),
      (old, now) => expectClose(now, old),
    );
  });
});

describe('blur', () => {
  it('keeps even areas, the surroundings and the mean; smooths', () => {
    const even = new Float32Array(width * height * 3).fill(90);
    blurPart(even, width, part, 1.5);
    expect(Math.max(...even.map((sample) => Math.abs(sample - 90)))).toBeLessThan(1e-3);
    const before = noise();
    const after = before.slice();
    blurPart(after, width, part, 1);
    let rough = [0, 0];
    for (let pixel = 0; pixel < width * height; pixel++) {
      if (!inside(pixel)) {
        expect(after[pixel * 3]).toBe(before[pixel * 3]);
        continue;
      }
      if (!inside(pixel + 1)) continue;
      rough = [before, after].map(
        (crop, i) =>
          (rough[i] ?? 0) + Math.abs((crop[pixel * 3] ?? 0) - (crop[pixel * 3 + 3] ?? 0)),
      );
    }
    expect(rough[1]).toBeLessThan((rough[0] ?? 0) / 2);
  });

  it('spreads a point as the Gaussian does', () => {
    const [side, middle, sigma] = [31, 15, 2];
    const crop = new Float32Array(side * side * 3);
    crop[(middle * side + middle) * 3] = 1000;
    blurPart(crop, side, { left: 0, top: 0, right: side, bottom: side }, sigma);
    const at = (x: number, y: number): number => crop[((middle + y) * side + middle + x) * 3] ?? 0;
    for (const [x, y] of [
      [1, 0],
      [0, 3],
      [2, 2],
      [4, 1],
    ] as const) {
      const expected = Math.exp(-(x * x + y * y) / (2 * sigma * sigma));
      expect(at(x, y) / at(0, 0)).toBeCloseTo(expected, 4);
    }
    expect(crop.reduce((sum, sample) => sum + sample, 0)).toBeCloseTo(1000, 1);
  });
});
