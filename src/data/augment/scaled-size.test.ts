import { describe, expect, it } from 'vitest';
import { completeAugmentOptions } from './augment-options.js';
import { randomScale, scaledBy, sizeInRange } from './scaled-size.js';

describe('sizes as DeepLab computes them', () => {
  // By hand from resize_to_range: shorter side to min, longer side at most max, factor * k + 1.
  it.each([
    [{ width: 500, height: 375 }, { min: 513 }, 684, 513],
    [{ width: 500, height: 375 }, { min: 513, max: 513 }, 513, 384],
    [{ width: 500, height: 375 }, { min: 513, max: 513, factor: 16 }, 513, 385],
    [{ width: 375, height: 500 }, { min: 513, max: 600, factor: 16 }, 449, 593],
    [{ width: 683, height: 512 }, { min: 513, max: 513, factor: 16 }, 513, 385],
    [{ width: 500, height: 375 }, { min: 513, max: 513, keepAspect: false }, 513, 513],
    [{ width: 10, height: 1000 }, { min: 100, max: 500 }, 5, 500],
    [{ width: 1, height: 9000 }, { min: 100, max: 500 }, 1, 500],
  ])('%o in range %o', (size, range, width, height) => {
    const scaled = sizeInRange(size, range);
    // 32-bit floats may fall short of a whole number by one rounding, as they do in the original.
    expect(Math.abs(scaled.width - width)).toBeLessThanOrEqual('factor' in range ? 0 : 1);
    expect(Math.abs(scaled.height - height)).toBeLessThanOrEqual('factor' in range ? 0 : 1);
  });

  it('never exceeds max, never falls to nothing', () => {
    for (let width = 1; width < 900; width += 37) {
      for (let height = 1; height < 900; height += 41) {
        const scaled = sizeInRange({ width, height }, { min: 257, max: 513, factor: 32 });
        expect(Math.max(scaled.width, scaled.height)).toBeLessThanOrEqual(513);
        expect([(scaled.width - 1) % 32, (scaled.height - 1) % 32]).toEqual([0, 0]);
        expect(Math.min(scaled.width, scaled.height)).toBeGreaterThan(0);
      }
    }
  });

  it('rounds scaled sides down', () => {
    expect(scaledBy({ width: 375, height: 501 }, 0.75)).toEqual({ width: 281, height: 375 });
    expect(scaledBy({ width: 1, height: 3 }, 0.5)).toEqual({ width: 1, height: 1 });
  });
});

describe('random scales', () => {
  const crop = { width: 65, height: 65 };
  const scales = (options: object): number[] => {
    const complete = completeAugmentOptions({ crop, ...options });
    const all = Array.from({ length: 1000 }, (_, i) => randomScale(complete, i / 1000));
    return [...new Set(all)];
  };

  it('are the seven of the original by default', () => {
    expect(scales({})).toEqual([0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]);
  });

  it('spread evenly where the step does not divide the range, as the original', () => {
    expect(scales({ scaleStep: 0.4 })).toEqual([0.5, 1, 1.5, 2]);
    expect(scales({ minScale: 1, maxScale: 1.1, scaleStep: 0.25 })).toEqual([1]);
  });

  it('are anything between for step 0, and one where both ends are', () => {
    expect(scales({ scaleStep: 0 })).toHaveLength(1000);
    expect(scales({ minScale: 0.7, maxScale: 0.7 })).toEqual([0.7]);
  });
});
