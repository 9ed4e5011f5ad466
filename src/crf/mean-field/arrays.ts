import type { SplatRows } from '../lattice/splat-rows.js';
import type { Slicing } from './kernels.js';

/** The sizes from which all arrays of the mean field follow; plain data. */
export interface MeanFieldSizes {
  readonly pixels: number;
  readonly classes: number;
  readonly iterations: number;
  readonly threads: number;
  /** A second set of lattice values, for the blur in both orders. */
  readonly mirrored: boolean;
  /** A full compatibility matrix; else the Potts model. */
  readonly matrix: boolean;
  /** One Gaussian term each; together at most two. */
  readonly terms: readonly TermSizes[];
}

export interface TermSizes {
  readonly points: number;
  /** Length of each axis's list of chains; d + 1 axes. */
  readonly chains: readonly number[];
}

/**
 * One Gaussian term of the energy as a filter on the lattice, w D_out S B Sᵀ D_in: splat, blur
 * along each axis, slice, with the normalisation and the term's weight in the two sets of weights.
 */
export interface Term extends Slicing {
  readonly points: number;
  /** Sᵀ D_in */
  readonly splat: SplatRows;
  readonly chains: readonly Int32Array[];
  /** As `values`, for the reverse order; empty where there is one order. */
  readonly mirror: Float32Array;
}

/** The arrays of the mean field, all parts of one buffer. */
export interface MeanFieldArrays {
  readonly sizes: MeanFieldSizes;
  /** Numbers kept for each pixel and lattice point, see `lanesOf`. */
  readonly lanes: number;
  /** lanes + 4: the lanes, then the last class. */
  readonly width: number;
  /**
   * Unary energies, `[pixels, width]`, with `unusedEnergy` where there is no class; in the end the
   * probabilities.
   */
  readonly energies: Float32Array;
  /** Probabilities of all classes but the last, `[pixels, lanes]`. */
  readonly beliefs: Float32Array;
  /** μ(l, l'), `[width, width]`; empty for the Potts model. */
  readonly costs: Float32Array;
  readonly terms: readonly Term[];
  /** For each thread, sums and ratings of `tilePixels` pixels. */
  readonly tiles: readonly { readonly sums: Float32Array; readonly ratings: Float32Array }[];
  /** Counters of the threads, see `gang.ts`. */
  readonly control: Int32Array;
}

/** Pixels that are updated at a time: few enough for the first cache. */
export const tilePixels = 64;

/** The energy of places without a class: its probability is 0 beside any energy that is used. */
export const unusedEnergy = 2e38;

/**
 * Numbers kept for each pixel and lattice point: one for each class but the last, as the
 * probabilities sum to 1 and the filter is linear; rounded up to a multiple of 4.
 */
export function lanesOf(classes: number): number {
  return Math.ceil((classes - 1) / 4) * 4;
}

/** Where a class stands in a row of `lanes + 4`. */
export function columnOf(label: number, classes: number): number {
  return label === classes - 1 ? lanesOf(classes) : label;
}

/** Bytes of the one buffer that holds all arrays. */
export function meanFieldBytes(sizes: MeanFieldSizes): number {
  const counter = new Carver(undefined);
  carve(sizes, counter);
  return counter.bytes;
}

/** Views of a buffer of `meanFieldBytes`; the same sizes give the same views in every thread. */
export function meanFieldArrays(sizes: MeanFieldSizes, buffer: ArrayBufferLike): MeanFieldArrays {
  return carve(sizes, new Carver(buffer));
}

function carve(sizes: MeanFieldSizes, carver: Carver): MeanFieldArrays {
  const { pixels, classes, iterations, threads, mirrored, matrix } = sizes;
  const lanes = lanesOf(classes);
  const width = lanes + 4;
  const terms = sizes.terms.map(({ points, chains }): Term => {
    const sides = chains.length;
    return {
      points,
      sides,
      splat: {
        start: carver.int32(points + 1),
        pixel: carver.int32(pixels * sides),
        weight: carver.float32(pixels * sides),
      },
      chains: chains.map((length) => carver.int32(length)),
      vertices: carver.int32(pixels * sides),
      slice: carver.float32(pixels * sides),
      total: carver.float32(pixels),
      values: carver.float32(points * lanes),
      mirror: carver.float32(mirrored ? points * lanes : 0),
    };
  });
  return {
    sizes,
    lanes,
    width,
    energies: carver.float32(pixels * width),
    beliefs: carver.float32(pixels * lanes),
    costs: carver.float32(matrix ? width * width : 0),
    terms,
    tiles: Array.from({ length: threads }, () => ({
      sums: carver.float32(tilePixels * width),
      ratings: carver.float32(tilePixels * width),
    })),
    control: carver.int32(controlLength(iterations)),
  };
}

/** Two numbers of the barrier, and one for each of at most nine phases of an iteration. */
export function controlLength(iterations: number): number {
  return 2 + 9 * (iterations + 1);
}

/** Cuts a buffer into arrays that start at multiples of 64 bytes; without one, only counts. */
class Carver {
  readonly #buffer: ArrayBufferLike | undefined;
  bytes = 0;

  constructor(buffer: ArrayBufferLike | undefined) {
    this.#buffer = buffer;
  }

  int32(length: number): Int32Array {
    const offset = this.#take(length);
    return this.#buffer === undefined ? none.int32 : new Int32Array(this.#buffer, offset, length);
  }

  float32(length: number): Float32Array {
    const offset = this.#take(length);
    return this.#buffer === undefined
      ? none.float32
      : new Float32Array(this.#buffer, offset, length);
  }

  #take(length: number): number {
    const offset = this.bytes;
    this.bytes += Math.ceil(length / 16) * 64;
    return offset;
  }
}

const none = { int32: new Int32Array(), float32: new Float32Array() };
