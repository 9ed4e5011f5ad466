import type { Memory } from '../memory.js';
import { type Chains, chainsOf } from './chains.js';
import type { Features } from './features.js';
import { hashOf, PointTable, type PointTableContents } from './point-table.js';
import { EnclosingSimplex } from './simplex.js';

/** The lattice points around the pixels of a picture. */
export interface LatticePoints {
  /** d, the number of features of a pixel. */
  readonly dimension: number;
  readonly table: PointTableContents;
  /** Numbers of the d + 1 points around each pixel, `[pixels, d + 1]`. */
  readonly vertices: Int32Array;
  /** Their barycentric weights, which sum to 1 at each pixel. */
  readonly weights: Float32Array;
}

/**
 * Finds the simplex of each pixel's features and numbers the lattice points in the order in which
 * the pixels meet them, which keeps the points of near pixels near in memory.
 *
 * Time and memory grow with the pixels; there are at most d + 1 points a pixel.
 */
export function latticePoints(features: Features, memory: Memory): LatticePoints {
  const { dimension, pixels } = features;
  const sides = dimension + 1;
  const simplex = new EnclosingSimplex(dimension);
  const { origin, rank, weights: barycentric } = simplex;
  const table = new PointTable(dimension, memory);
  const vertices = memory.int32(pixels * sides);
  const weights = memory.float32(pixels * sides);
  const feature = new Float64Array(dimension);
  const vertex = new Int32Array(sides);
  const axisOfRank = new Int32Array(sides);
  const hashSteps = Int32Array.from({ length: sides }, (_, axis) =>
    hashOf(stepToNextVertex(dimension, axis), dimension),
  );

  for (let pixel = 0, entry = 0; pixel < pixels; pixel++) {
    features.read(pixel, feature);
    simplex.enclose(feature);
    for (let axis = 0; axis < sides; axis++) {
      vertex[axis] = origin[axis] as number;
      axisOfRank[rank[axis] as number] = axis;
    }
    let hash = hashOf(vertex, dimension);
    for (let remainder = 0; remainder < sides; remainder++, entry++) {
      vertices[entry] = table.insert(vertex, hash);
      weights[entry] = barycentric[remainder] as number;
      // The next vertex: 1 more in all coordinates but d less in the one of this rank.
      const axis = axisOfRank[dimension - remainder] as number;
      for (let other = 0; other < dimension; other++) vertex[other] = (vertex[other] as number) + 1;
      vertex[axis] = (vertex[axis] as number) - sides;
      hash = (hash + (hashSteps[axis] as number)) | 0;
    }
  }
  return { dimension, table: table.contents, vertices, weights };
}

/** Chains of neighbours along one of the d + 1 axes. */
export function latticeChains(points: LatticePoints, axis: number, memory: Memory): Chains {
  const { dimension } = points;
  const table = new PointTable(dimension, memory, points.table);
  const next = table.neighbours(stepToNextVertex(dimension, axis));
  return chainsOf(next, (length) => memory.int32(length));
}

/** (1, …, 1) less d + 1 on the axis; the last coordinate is not kept, it follows from the sum 0. */
function stepToNextVertex(dimension: number, axis: number): Int32Array {
  const step = new Int32Array(dimension + 1).fill(1);
  step[axis] = -dimension;
  return step;
}
