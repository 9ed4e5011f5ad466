import { expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { privateMemory } from '../memory.js';
import { hashOf, PointTable } from './point-table.js';

it('numbers points and finds neighbours as a Map of their coordinates does', () => {
  const dimension = 3;
  const random = seededRandom(1);
  const table = new PointTable(dimension, privateMemory);
  const numbers = new Map<string, number>();
  const points: Int32Array[] = [];
  const misnumbered: string[] = [];
  // Far more points than the first slots hold, most of them met several times.
  for (let round = 0; round < 60_000; round++) {
    const point = Int32Array.from({ length: dimension }, () => random.integer(-17, 17) * 4 + 1);
    const key = point.join();
    if (!numbers.has(key)) {
      numbers.set(key, numbers.size);
      points.push(point);
    }
    if (table.insert(point, hashOf(point, dimension)) !== numbers.get(key)) misnumbered.push(key);
  }
  expect(misnumbered).toEqual([]);
  expect(table.count).toBe(numbers.size);
  expect(table.count).toBeGreaterThan(20_000);

  const reader = new PointTable(dimension, privateMemory, table.contents);
  for (const step of [Int32Array.of(4, 0, 0), Int32Array.of(-4, 4, 8)]) {
    const expected = points.map((point) => {
      const key = point.map((coordinate, axis) => coordinate + (step[axis] ?? 0)).join();
      return numbers.get(key) ?? -1;
    });
    expect([...reader.neighbours(step)]).toEqual(expected);
  }
});
