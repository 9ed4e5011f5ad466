import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../core/random.js';
import type { LabelMap } from '../../image/index.js';
import { squaredDistances, unreached } from './distance.js';

/** Discs and boxes of some labels, one over the other. */
function shapes(random: Random, width: number, height: number, labels: number): LabelMap {
  const data = new Uint8Array(width * height);
  for (let shape = random.integer(0, 6); shape > 0; shape--) {
    const label = random.integer(0, labels - 1);
    const [x, y] = [random.integer(0, width - 1), random.integer(0, height - 1)];
    const radius = random.integer(0, 9);
    const round = random.uniform() < 0.5;
    data.forEach((_, pixel) => {
      const [dx, dy] = [(pixel % width) - x, Math.floor(pixel / width) - y];
      const inside = round ? dx * dx + dy * dy <= radius * radius : Math.max(dx, dy) <= radius;
      if (inside) data[pixel] = label;
    });
  }
  return { width, height, data };
}

/** The squared distance by looking at every pair of pixels. */
function bruteForce({ width, data }: LabelMap): number[] {
  return Array.from(data, (label, pixel) => {
    let nearest = unreached;
    data.forEach((other, index) => {
      if (other === label) return;
      const dx = (index % width) - (pixel % width);
      const dy = Math.floor(index / width) - Math.floor(pixel / width);
      nearest = Math.min(nearest, dx * dx + dy * dy);
    });
    return nearest;
  });
}

describe('squared distances to another label', () => {
  it('equal those of every pair of pixels', () => {
    const random = seededRandom(4);
    for (let round = 0; round < 60; round++) {
      const [width, height] = [random.integer(1, 34), random.integer(1, 34)];
      const map = shapes(random, width, height, 4);
      if (round % 3 === 0) {
        for (const pixel of map.data.keys()) map.data[pixel] = random.integer(0, 9) === 0 ? 1 : 0;
      }
      expect(Array.from(squaredDistances(map))).toEqual(bruteForce(map));
    }
  });

  it('are exact up to the limit and no smaller beyond it', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 40; round++) {
      const map = shapes(random, 40, 25, 3);
      const limit = random.integer(1, 8);
      const exact = bruteForce(map);
      const reach = limit * limit;
      const found = squaredDistances(map, limit);
      expect(Array.from(found, (each) => (each <= reach ? each : 'far'))).toEqual(
        exact.map((each) => (each <= reach ? each : 'far')),
      );
    }
  });

  it('are unreached in a map of one label', () => {
    const map = { width: 5, height: 3, data: new Uint8Array(15).fill(7) };
    expect(new Set(squaredDistances(map))).toEqual(new Set([unreached]));
  });
});
