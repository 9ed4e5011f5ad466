import { OptionError } from '../../core/errors.js';

/**
 * How the sample positions of two axes of different length correspond.
 *
 * - `align-corners`: the first and the last samples coincide (TensorFlow's `align_corners`).
 * - `half-pixel`: samples are the centres of pixels that tile the same length.
 * - `asymmetric`: the first samples coincide, later ones follow the ratio of the lengths.
 */
export type CornerConvention = 'align-corners' | 'half-pixel' | 'asymmetric';

/** A map from positions on an axis of `from` samples to positions on one of `to` samples. */
export interface AxisMap {
  readonly convention: CornerConvention;
  readonly from: number;
  readonly to: number;
}

/**
 * Where each output pixel along one axis samples a grid of `gridSize` points.
 *
 * Pixel i lies between grid points `cell[i]` and `min(cell[i] + 1, gridSize - 1)`; `fraction[i]`,
 * in [0, 1], is the weight of the second.
 */
export interface AxisSamples {
  readonly gridSize: number;
  readonly cell: Int32Array;
  readonly fraction: Float64Array;
}

/** Sizes along one axis on the way from a picture to a network's output. */
export interface PictureAxis {
  /** Length of the picture, and so of the result, in pixels. */
  readonly picture: number;
  /** Length that the scaled picture takes at the start of the network's input, in pixels. */
  readonly valid: number;
  /** Length of the network's input, padding included, in pixels. */
  readonly input: number;
  /** Length of the network's output grid. */
  readonly grid: number;
  /** How the network itself lays its output grid over its input. */
  readonly convention: CornerConvention;
}

const longestAxis = 2 ** 24;

const positionRules: {
  readonly [C in CornerConvention]: (position: number, from: number, to: number) => number;
} = {
  'align-corners': (position, from, to) => (from > 1 ? (position * (to - 1)) / (from - 1) : 0),
  'half-pixel': (position, from, to) => ((position + 0.5) * to) / from - 0.5,
  asymmetric: (position, from, to) => (position * to) / from,
};

/**
 * Sends every pixel of an axis through a chain of maps, each clamped to the ends of its target.
 *
 * The first map starts at `size` samples; a later one starts at least as long as the one before
 * ends, since a scaled picture may fill only the beginning of a padded input. Without maps the
 * pixels are the grid points.
 *
 * @throws OptionError where a length is no positive whole number or the chain does not fit.
 */
export function axisSamples(size: number, maps: readonly AxisMap[]): AxisSamples {
  checkLength('output size', size);
  let reached = size;
  for (const [index, map] of maps.entries()) {
    checkLength(`map ${index}, from`, map.from);
    checkLength(`map ${index}, to`, map.to);
    if (index === 0 ? map.from !== reached : map.from < reached) {
      throw new OptionError({
        place: `axis map ${index} (${map.convention})`,
        problem: 'it does not start where the chain has arrived',
        expected: `from ${index === 0 ? '' : 'at least '}${reached}`,
        found: `${map.from}`,
      });
    }
    reached = map.to;
  }

  const cell = new Int32Array(size);
  const fraction = new Float64Array(size);
  for (let pixel = 0; pixel < size; pixel++) {
    let position = pixel;
    for (const { convention, from, to } of maps) {
      if (from === to) continue;
      position = positionRules[convention](position, from, to);
      position = Math.min(Math.max(position, 0), to - 1);
    }
    // Equal lengths above leave a position untouched; it is within reach, as `from` checked.
    const lower = Math.floor(position);
    cell[pixel] = lower;
    fraction[pixel] = position - lower;
  }
  return { gridSize: reached, cell, fraction };
}

/**
 * Samples of a network's output grid at the pixel centres of the picture that it was given.
 *
 * Two resizes become one map: picture to its scaled copy (`valid`, half-pixel centres), and network
 * input to output grid (`convention`). Padding after the scaled copy is never sampled beyond the
 * grid cell in which the copy ends.
 *
 * @throws OptionError where a length is no positive whole number or `valid` exceeds `input`.
 */
export function pictureSamples(axis: PictureAxis): AxisSamples {
  return axisSamples(axis.picture, [
    { convention: 'half-pixel', from: axis.picture, to: axis.valid },
    { convention: axis.convention, from: axis.input, to: axis.grid },
  ]);
}

/**
 * Samples of the same grid at the pixel centres of a picture of another size.
 *
 * @throws OptionError where the size is no positive whole number.
 */
export function resizedSamples(samples: AxisSamples, size: number): AxisSamples {
  const { cell, fraction, gridSize } = samples;
  const from = cell.length;
  const between = axisSamples(size, [{ convention: 'half-pixel', from: size, to: from }]);
  const positionOf = (pixel: number) => (cell[pixel] ?? 0) + (fraction[pixel] ?? 0);
  const resized = { gridSize, cell: new Int32Array(size), fraction: new Float64Array(size) };
  for (let pixel = 0; pixel < size; pixel++) {
    const lower = between.cell[pixel] ?? 0;
    const share = between.fraction[pixel] ?? 0;
    const next = positionOf(Math.min(lower + 1, from - 1));
    const position = (1 - share) * positionOf(lower) + share * next;
    resized.cell[pixel] = Math.floor(position);
    resized.fraction[pixel] = position - Math.floor(position);
  }
  return resized;
}

/** The samples of pixels `start` up to, not including, `end`: one strip of a large result. */
export function sliceSamples(samples: AxisSamples, start: number, end: number): AxisSamples {
  return {
    gridSize: samples.gridSize,
    cell: samples.cell.subarray(start, end),
    fraction: samples.fraction.subarray(start, end),
  };
}

/**
 * Checks that samples stay inside a grid of `gridSize` points.
 *
 * @throws OptionError where they do not, or where the two arrays differ in length or are empty.
 */
export function checkSamples(name: string, samples: AxisSamples, gridSize: number): void {
  const { cell, fraction } = samples;
  const place = `samples along ${name}`;
  if (samples.gridSize !== gridSize) {
    throw new OptionError({
      place,
      problem: 'they were made for another grid',
      expected: `${gridSize} grid points`,
      found: `${samples.gridSize}`,
    });
  }
  if (cell.length === 0 || cell.length !== fraction.length) {
    throw new OptionError({
      place,
      problem: 'every pixel needs a cell and a fraction',
      expected: 'two arrays of one length, at least 1',
      found: `${cell.length} cells and ${fraction.length} fractions`,
    });
  }
  for (let pixel = 0; pixel < cell.length; pixel++) {
    const lower = cell[pixel] as number;
    const weight = fraction[pixel] as number;
    if (lower < 0 || lower >= gridSize || !(weight >= 0 && weight <= 1)) {
      throw new OptionError({
        place: `${place}, pixel ${pixel}`,
        problem: 'the position is outside the grid',
        expected: `cell 0 to ${gridSize - 1}, fraction 0 to 1`,
        found: `cell ${lower}, fraction ${weight}`,
      });
    }
  }
}

function checkLength(place: string, length: number): void {
  if (Number.isInteger(length) && length >= 1 && length <= longestAxis) return;
  throw new OptionError({
    place: `axis samples, ${place}`,
    problem: 'not a usable length',
    expected: `a whole number from 1 to ${longestAxis}`,
    found: `${length}`,
  });
}
