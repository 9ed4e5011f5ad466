import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from './random.js';

function draws(random: Random, count: number, draw: (random: Random) => number): number[] {
  return Array.from({ length: count }, () => draw(random));
}

describe('a seeded stream', () => {
  it('is the same for the same seed, on every machine', () => {
    const first = draws(seededRandom(7), 5, (random) => random.integer(0, 999_999));
    expect(draws(seededRandom(7), 5, (random) => random.integer(0, 999_999))).toEqual(first);
    expect(first).toEqual([670955, 135512, 953436, 981824, 200884]);
  });

  it('differs between neighbouring seeds, and between seeds 2^32 apart', () => {
    const streams = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1].map((seed) =>
      draws(seededRandom(seed), 4, (random) => random.uniform()).join(),
    );
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('is uniform in [0, 1)', () => {
    const values = draws(seededRandom(3), 100_000, (random) => random.uniform());
    expect(Math.min(...values.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.slice(0, 50_000))).toBeLessThan(1);
    const counts = new Array<number>(10).fill(0);
    for (const value of values) {
      const bin = Math.floor(10 * value);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    // Five standard deviations of a count of 10000 out of 100000.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(475);
  });

  it('gives every whole number of a range, both ends included', () => {
    const values = draws(seededRandom(4), 1000, (random) => random.integer(-2, 3));
    expect([...new Set(values)].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3]);
  });

  it('is standard normal where asked', () => {
    const values = draws(seededRandom(5), 50_000, (random) => random.normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(values.every(Number.isFinite)).toBe(true);
  });
});
