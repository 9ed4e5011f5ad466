import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { denseCrf } from './dense-crf.js';
import { noiseImage, randomEnergies, scene } from './pictures.fixture.js';

const mebibyte = 2 ** 20;

describe('memory', () => {
  it('is bounded by a number of bytes a pixel, reached by noise', () => {
    const random = seededRandom(1);
    const unary = randomEnergies(21, 200, 150, random);
    const noise = denseCrf(noiseImage(200, 150, random), unary, { iterations: 1 });
    const smooth = denseCrf(scene(200, 150).image, unary, { iterations: 1 });
    // Six and three lattice points a pixel at most, 80 bytes each, and what the pixel itself takes.
    const most = 9 * (4 * 20 + 4 + 4 * 6) + 4 * (24 + 20) + 16 * 9 + 2 * 4;
    expect(noise.bytes / 30_000).toBeLessThan(most);
    expect(smooth.bytes).toBeLessThan(noise.bytes);
    expect(noise.points[0]).toBeLessThanOrEqual(6 * 30_000);
    expect(noise.points[1]).toBeLessThanOrEqual(3 * 30_000);
  });

  it('is refused above the limit once the lattice is known', () => {
    const random = seededRandom(1);
    const unary = randomEnergies(21, 200, 150, random);
    const image = noiseImage(200, 150, random);
    expect(() => denseCrf(image, unary, {}, { memoryLimit: 12 * mebibyte })).toThrow(
      /200x150 pixels and 21 classes: needs more memory .*at most 12 MiB, found \d+ MiB/,
    );
  });
});
