import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { privateMemory } from '../memory.js';
import { noiseImage, scene } from '../pictures.fixture.js';
import { bilateralFeatures, positionFeatures } from './features.js';
import { GaussianFilter } from './gaussian-filter.js';
import { type Normalisation, scalingOf } from './normalisation.js';

const width = 37;
const height = 26;
const pixels = width * height;
const random = seededRandom(4);
const signal = (): Float64Array => Float64Array.from({ length: pixels }, () => random.normal());
const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
const expectClose = (found: Float64Array, expected: Float64Array): void => {
  const scale = Math.sqrt(dot(expected, expected) / pixels);
  for (const [i, value] of found.entries()) {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-6 * scale);
  }
};

const filters = [
  { name: 'position', features: positionFeatures({ width, height }, 3) },
  { name: 'scene', features: bilateralFeatures(scene(width, height).image, 10, 8) },
  { name: 'noise', features: bilateralFeatures(noiseImage(width, height, random), 6, 20) },
].map(({ name, features }) => ({ name, filter: GaussianFilter.of(features, privateMemory) }));

describe.each(filters)('the filter, $name', ({ filter }) => {
  it.each(['forward', 'reverse', 'both'] as const)('is linear, %s', (order) => {
    const [f, g] = [signal(), signal()];
    const sum = f.map((value, i) => 2 * value - 3 * (g[i] as number));
    const [kf, kg] = [filter.apply(f, order), filter.apply(g, order)];
    const expected = kf.map((value, i) => 2 * value - 3 * (kg[i] as number));
    expectClose(filter.apply(sum, order), expected);
  });

  it('is symmetric where both orders are taken: <f, K g> = <K f, g>', () => {
    const [f, g] = [signal(), signal()];
    const right = filter.apply(g, 'both');
    const size = Math.sqrt(dot(f, f) * dot(right, right));
    expect(Math.abs(dot(f, right) - dot(filter.apply(f, 'both'), g))).toBeLessThan(1e-12 * size);
  });

  it('is transposed by the reverse order: <f, K g> = <Kᵀ f, g>', () => {
    const [f, g] = [signal(), signal()];
    const right = filter.apply(g, 'forward');
    const size = Math.sqrt(dot(f, f) * dot(right, right));
    expect(Math.abs(dot(f, right) - dot(filter.apply(f, 'reverse'), g))).toBeLessThan(1e-12 * size);
  });

  it('keeps what each normalisation promises to keep', () => {
    const normalised = (normalisation: Normalisation, input: Float64Array): Float64Array => {
      const scaling = scalingOf(filter, normalisation, 'both');
      const scaled = input.map((value, i) => value * (scaling.input[i] as number));
      return filter.apply(scaled, 'both').map((value, i) => value * (scaling.output[i] as number));
    };
    const ones = new Float64Array(pixels).fill(1);
    const roots = filter.apply(ones, 'both').map(Math.sqrt);
    expectClose(normalised('after', ones), ones);
    expectClose(normalised('symmetric', roots), roots);

    const any = signal();
    const sum = dot(any, ones);
    expect(dot(normalised('before', any), ones)).toBeCloseTo(sum, 5);
    expect(dot(normalised('none', ones), ones)).toBeCloseTo(pixels, 5);
  });

  it('has the eigenvalue 1 and none above it, normalised symmetrically', () => {
    const { input, output } = scalingOf(filter, 'symmetric', 'both');
    let vector = signal();
    let growth = 0;
    for (let round = 0; round < 60; round++) {
      const scaled = vector.map((value, i) => value * (input[i] as number));
      const next = filter.apply(scaled, 'both').map((value, i) => value * (output[i] as number));
      growth = Math.sqrt(dot(next, next) / dot(vector, vector));
      expect(growth).toBeLessThan(1 + 1e-6);
      vector = next;
    }
    expect(growth).toBeGreaterThan(0.99);
  });
});

describe('the shape of the filter', () => {
  it('is close to a Gaussian of the given deviation far from the borders', () => {
    const side = 61;
    const deviation = 4;
    const features = positionFeatures({ width: side, height: side }, deviation);
    const filter = GaussianFilter.of(features, privateMemory);
    const impulse = new Float64Array(side * side);
    const middle = (side * side - 1) / 2;
    impulse[middle] = 1;
    const response = filter.apply(impulse);
    const total = response.reduce((sum, value) => sum + value, 0);
    let variance = 0;
    let error = 0;
    let energy = 0;
    for (const [i, value] of response.entries()) {
      const dx = (i % side) - (side - 1) / 2;
      const dy = Math.floor(i / side) - (side - 1) / 2;
      const share = value / total;
      const gaussian =
        Math.exp(-(dx * dx + dy * dy) / (2 * deviation ** 2)) / (2 * Math.PI * deviation ** 2);
      variance += (share * (dx * dx + dy * dy)) / 2;
      error += (share - gaussian) ** 2;
      energy += gaussian ** 2;
    }
    expect(Math.sqrt(variance) / deviation).toBeGreaterThan(0.95);
    expect(Math.sqrt(variance) / deviation).toBeLessThan(1.05);
    expect(Math.sqrt(error / energy)).toBeLessThan(0.1);
  });

  it('does not reach across an edge of many deviations', () => {
    const { image, truth } = scene(width, height, 1, 0);
    const filter = GaussianFilter.of(bilateralFeatures(image, 8, 4), privateMemory);
    const inside = Float64Array.from(truth.data, (label) => (label === 1 ? 1 : 0));
    for (const [pixel, value] of filter.apply(inside).entries()) {
      if (truth.data[pixel] === 1) expect(value).toBeGreaterThan(0.1);
      else expect(value).toBe(0);
    }
  });
});
