/**
 * The simplex of the permutohedral lattice that encloses a point, found without a search.
 *
 * The lattice of dimension d lies in the plane of R^(d+1) whose coordinates sum to 0; its points
 * have coordinates that are all equal modulo d + 1. Every point of the plane lies in one simplex of
 * d + 1 lattice points, one for each remainder, and its barycentric coordinates there are the
 * weights of splatting and slicing.
 *
 * Adams, Baek, Davis: Fast High-Dimensional Filtering Using the Permutohedral Lattice,
 * Eurographics 2010, sections 3.1 (embedding, rounding, ranks) and appendix A (barycentric
 * coordinates).
 */
export class EnclosingSimplex {
  readonly dimension: number;
  /** Coordinates 0 to d - 1 of the vertex of remainder 0; the last one follows from the sum 0. */
  readonly origin: Int32Array;
  /** Of each of the d + 1 coordinates, its place in the descending order of the fractions. */
  readonly rank: Int32Array;
  /** Weights of the d + 1 vertices, by remainder; they sum to 1. */
  readonly weights: Float64Array;

  readonly #scale: Float64Array;
  readonly #elevated: Float64Array;
  readonly #rounded: Float64Array;

  constructor(dimension: number) {
    const sides = dimension + 1;
    this.dimension = dimension;
    this.origin = new Int32Array(sides);
    this.rank = new Int32Array(sides);
    this.weights = new Float64Array(sides + 1);
    this.#elevated = new Float64Array(sides);
    this.#rounded = new Float64Array(sides);
    // Splatting, blurring with [1 2 1] / 4 and slicing together have the variance 2/3 (d + 1)^2.
    const deviation = Math.sqrt(2 / 3) * sides;
    this.#scale = Float64Array.from(
      { length: dimension },
      (_, axis) => deviation / Math.sqrt((axis + 1) * (axis + 2)),
    );
  }

  /** Finds the simplex around a point of the feature space, given in standard deviations. */
  enclose(feature: Float64Array): void {
    const { dimension, origin, rank, weights } = this;
    const elevated = this.#elevated;
    const rounded = this.#rounded;
    const scale = this.#scale;
    const sides = dimension + 1;

    let sum = 0;
    for (let axis = dimension; axis > 0; axis--) {
      const scaled = (feature[axis - 1] as number) * (scale[axis - 1] as number);
      elevated[axis] = sum - axis * scaled;
      sum += scaled;
    }
    elevated[0] = sum;

    // The nearest point with all coordinates divisible by d + 1, at first off the plane.
    let excess = 0;
    for (let axis = 0; axis < sides; axis++) {
      const nearest = Math.floor((elevated[axis] as number) / sides + 0.5);
      rounded[axis] = nearest * sides;
      excess += nearest;
      rank[axis] = 0;
    }
    for (let a = 0; a < dimension; a++) {
      const fraction = (elevated[a] as number) - (rounded[a] as number);
      for (let b = a + 1; b < sides; b++) {
        if (fraction < (elevated[b] as number) - (rounded[b] as number)) {
          rank[a] = (rank[a] as number) + 1;
        } else {
          rank[b] = (rank[b] as number) + 1;
        }
      }
    }

    // Back onto the plane, by the coordinates that were rounded furthest.
    weights.fill(0);
    for (let axis = 0; axis < sides; axis++) {
      let place = (rank[axis] as number) + excess;
      let nearest = rounded[axis] as number;
      if (place < 0) {
        place += sides;
        nearest += sides;
      } else if (place > dimension) {
        place -= sides;
        nearest -= sides;
      }
      rank[axis] = place;
      origin[axis] = nearest;
      const fraction = ((elevated[axis] as number) - nearest) / sides;
      weights[dimension - place] = (weights[dimension - place] as number) + fraction;
      weights[sides - place] = (weights[sides - place] as number) - fraction;
    }
    weights[0] = (weights[0] as number) + 1 + (weights[sides] as number);
  }
}
