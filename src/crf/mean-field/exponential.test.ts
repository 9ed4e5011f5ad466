import { expect, it } from 'vitest';
import { expOfNegative } from './exponential.js';

it('is e^x to 2e-9, and 0 where that is no normal float32 number', () => {
  for (let x = 0; x > -87; x -= 0.00731) {
    expect(Math.abs(expOfNegative(x) / Math.exp(x) - 1)).toBeLessThan(2e-9);
  }
  expect(expOfNegative(0)).toBe(1);
  for (const x of [-87.5, -1e30, Number.NEGATIVE_INFINITY]) expect(expOfNegative(x)).toBe(0);
});
