import type { Memory } from '../memory.js';
import type { Chains } from './chains.js';
import type { Features } from './features.js';
import { latticeChains, latticePoints } from './lattice.js';

/**
 * In which order the lattice's axes are blurred.
 *
 * Only the points around pixels exist, and what would flow through others is lost. So the order
 * matters a little, and the filter is not exactly symmetric: reversing the order transposes it.
 * `both` is the mean of the two, which is exactly symmetric and takes two blurs.
 */
export type BlurOrder = 'forward' | 'reverse' | 'both';

/**
 * The sum over all pixels weighted by a Gaussian of their features, up to a factor:
 * out_i = c Σ_j exp(-|f_i - f_j|² / 2) in_j, j = i included.
 *
 * Splat, blur and slice on the permutohedral lattice (Adams, Baek, Davis 2010): linear in the
 * pixels, and an approximation of the Gaussian.
 */
export class GaussianFilter {
  readonly pixels: number;
  /** Lattice points. */
  readonly points: number;
  /** d + 1 */
  readonly sides: number;
  /** Lattice points of each pixel, `[pixels, sides]`. */
  readonly vertices: Int32Array;
  /** Their barycentric weights. */
  readonly weights: Float32Array;
  /** Chains of neighbours along each axis. */
  readonly chains: readonly Chains[];

  constructor(
    vertices: Int32Array,
    weights: Float32Array,
    points: number,
    chains: readonly Chains[],
  ) {
    this.sides = chains.length;
    this.pixels = vertices.length / chains.length;
    this.points = points;
    this.vertices = vertices;
    this.weights = weights;
    this.chains = chains;
  }

  static of(features: Features, memory: Memory): GaussianFilter {
    const lattice = latticePoints(features, memory);
    const chains = Array.from({ length: lattice.dimension + 1 }, (_, axis) =>
      latticeChains(lattice, axis, memory),
    );
    return new GaussianFilter(lattice.vertices, lattice.weights, lattice.table.count, chains);
  }

  /**
   * Filters one number a pixel.
   *
   * @returns one number a pixel in double precision.
   */
  apply(input: ArrayLike<number>, order: BlurOrder = 'forward'): Float64Array {
    const splat = new Float64Array(this.points);
    const { vertices, weights, sides, pixels } = this;
    for (let pixel = 0, entry = 0; pixel < pixels; pixel++) {
      const value = input[pixel] as number;
      for (let side = 0; side < sides; side++, entry++) {
        const point = vertices[entry] as number;
        splat[point] = (splat[point] as number) + value * (weights[entry] as number);
      }
    }
    if (order !== 'both') return this.#slice(this.#blur(splat, order));
    const forward = this.#blur(splat.slice(), 'forward');
    const reverse = this.#blur(splat, 'reverse');
    return this.#slice(forward.map((value, point) => (value + (reverse[point] as number)) / 2));
  }

  #blur(values: Float64Array, order: 'forward' | 'reverse'): Float64Array {
    const axes = order === 'forward' ? this.chains : [...this.chains].reverse();
    for (const chains of axes) {
      let previous = 0;
      for (let position = 0; position < chains.length; position++) {
        const entry = chains[position] as number;
        const point = entry < 0 ? ~entry : entry;
        const following = chains[position + 1] as number;
        const next = entry < 0 ? 0 : (values[following < 0 ? ~following : following] as number);
        const value = values[point] as number;
        values[point] = value + 0.5 * (previous + next);
        previous = entry < 0 ? 0 : value;
      }
    }
    return values;
  }

  #slice(values: Float64Array): Float64Array {
    const { vertices, weights, sides, pixels } = this;
    const result = new Float64Array(pixels);
    for (let pixel = 0, entry = 0; pixel < pixels; pixel++) {
      let sum = 0;
      for (let side = 0; side < sides; side++, entry++) {
        sum += (weights[entry] as number) * (values[vertices[entry] as number] as number);
      }
      result[pixel] = sum;
    }
    return result;
  }
}
