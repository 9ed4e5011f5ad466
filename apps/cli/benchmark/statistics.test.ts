import { expect, it } from 'vitest';
import { timeStatistics } from './statistics.js';

it('statistics of run times are those of the sorted times, linear in between', () => {
  expect(timeStatistics([4, 1, 3, 2])).toEqual({ minMs: 1, medianMs: 2.5, p90Ms: 3.7, maxMs: 4 });
  expect(timeStatistics([7])).toEqual({ minMs: 7, medianMs: 7, p90Ms: 7, maxMs: 7 });
});
