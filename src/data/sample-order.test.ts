import { describe, expect, it } from 'vitest';
import { randomStream } from './random-stream.js';
import { sampleOrder } from './sample-order.js';

describe('the order of samples', () => {
  it('shows each sample once an epoch, in a new order each time', () => {
    const at = sampleOrder(50, 7);
    const epochs = [0, 1, 2].map((epoch) =>
      Array.from({ length: 50 }, (_, i) => at(epoch * 50 + i)),
    );
    for (const [epoch, samples] of epochs.entries()) {
      expect(samples.every((sample) => sample.epoch === epoch)).toBe(true);
      const sorted = samples.map(({ index }) => index).sort((a, b) => a - b);
      expect(sorted).toEqual(Array.from({ length: 50 }, (_, i) => i));
    }
    const orders = epochs.map((samples) => samples.map(({ index }) => index).join());
    expect(new Set(orders).size).toBe(3);
  });

  it('depends on seed and position alone', () => {
    const [forward, anywhere] = [sampleOrder(31, 3), sampleOrder(31, 3)];
    const positions = Array.from({ length: 200 }, (_, i) => i);
    const expected = positions.map(forward);
    for (const position of [...positions].reverse()) {
      expect(anywhere(position)).toEqual(expected[position]);
    }
    const other = sampleOrder(31, 4);
    expect(positions.map(other)).not.toEqual(expected);
  });

  it('without shuffling is that of the source', () => {
    const at = sampleOrder(3, 1, false);
    expect([0, 1, 2, 3, 4].map((position) => at(position).index)).toEqual([0, 1, 2, 0, 1]);
  });

  it('is fair: every sample comes first about equally often', () => {
    const first = new Array<number>(8).fill(0);
    const at = sampleOrder(8, 11);
    for (let epoch = 0; epoch < 4000; epoch++) {
      const { index } = at(epoch * 8);
      first[index] = (first[index] ?? 0) + 1;
    }
    expect(Math.min(...first)).toBeGreaterThan(400);
    expect(Math.max(...first)).toBeLessThan(600);
  });
});

describe('random streams', () => {
  it('differ for neighbouring, exchanged, negative and large places', () => {
    const places = [
      [1, 2, 3],
      [1, 3, 2],
      [1, 2],
      [1, 2, 4],
      [0, 2, 3],
      [-1, 2, 3],
      [2 ** 32 + 1, 2, 3],
      [2 ** 40, 2, 3],
      [Number.MAX_SAFE_INTEGER, 2, 3],
    ];
    const draws = places.map((place) => randomStream(...place).uniform());
    expect(new Set(draws).size).toBe(places.length);
    expect(randomStream(1, 2, 3).uniform()).toBe(draws[0]);
  });

  it('are uniform across neighbouring places', () => {
    const bins = new Array<number>(10).fill(0);
    for (let epoch = 0; epoch < 20; epoch++) {
      for (let index = 0; index < 500; index++) {
        const bin = Math.floor(randomStream(1, epoch, index).uniform() * 10);
        bins[bin] = (bins[bin] ?? 0) + 1;
      }
    }
    expect(Math.min(...bins)).toBeGreaterThan(880);
    expect(Math.max(...bins)).toBeLessThan(1120);
  });
});
