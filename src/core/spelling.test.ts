import { describe, expect, it } from 'vitest';
import { nearest } from './spelling.js';

describe('the nearest word', () => {
  it.each([
    ['dgo', 'dog'],
    ['Traffic sing', 'traffic sign'],
    ['', 'dog'],
  ])('to "%s" is "%s"', (word, expected) => {
    expect(nearest(word, ['traffic sign', 'dog', 'cat'])).toBe(expected);
  });

  it('is the first of those equally near', () => {
    expect(nearest('bat', ['cat', 'rat'])).toBe('cat');
  });
});
