import { elementCount, type Shape, type Tensor, toNumbers } from '../../core/tensor.js';
import type { AttributesOf } from '../operators.js';

/** Numbers in an array of any rank, read and added to by their indices. */
export class Grid {
  readonly shape: Shape;
  readonly data: Float64Array;

  constructor(shape: Shape) {
    this.shape = shape;
    this.data = new Float64Array(elementCount(shape));
  }

  static of(tensor: Tensor): Grid {
    const grid = new Grid(tensor.shape);
    grid.data.set(toNumbers(tensor));
    return grid;
  }

  /** The number at an index, or `undefined` outside. */
  read(...index: readonly number[]): number | undefined {
    const outside = index.some((at, axis) => at < 0 || at >= (this.shape[axis] ?? 0));
    return outside ? undefined : this.data[this.#position(index)];
  }

  get(...index: readonly number[]): number {
    return this.read(...index) ?? Number.NaN;
  }

  add(amount: number, ...index: readonly number[]): void {
    const position = this.#position(index);
    this.data[position] = (this.data[position] ?? 0) + amount;
  }

  /** Every index, in row-major order. */
  *indices(): Generator<readonly number[]> {
    for (let element = 0; element < this.data.length; element++) {
      let rest = element;
      const index = new Array<number>(this.shape.length);
      for (let axis = this.shape.length - 1; axis >= 0; axis--) {
        const size = this.shape[axis] ?? 1;
        index[axis] = rest % size;
        rest = Math.floor(rest / size);
      }
      yield index;
    }
  }

  #position(index: readonly number[]): number {
    return index.reduce((position, at, axis) => position * (this.shape[axis] ?? 1) + at, 0);
  }
}

/** What a sliding window has to do with x: tap (i, j) of window (row, column) reads x there. */
type Window = Pick<AttributesOf<'ConvWeightGradient'>, 'strides' | 'dilations' | 'pads'>;

function reads(
  { strides, dilations, pads }: Window,
  axis: 0 | 1,
  window: number,
  tap: number,
): number {
  return window * (strides[axis] ?? 1) + tap * (dilations[axis] ?? 1) - (pads[axis] ?? 0);
}

/** dw[m, c, i, j] = sum of dy[n, m, row, column] x[n, c of the group, …]. */
export function weightGradient(
  x: Grid,
  dy: Grid,
  attributes: AttributesOf<'ConvWeightGradient'>,
): Grid {
  const { group, kernel_shape } = attributes;
  const [filters, perGroup] = [dy.shape[1] ?? 1, (x.shape[1] ?? 1) / group];
  const dw = new Grid([filters, perGroup, ...kernel_shape]);
  for (const [m = 0, c = 0, i = 0, j = 0] of dw.indices()) {
    const channel = Math.floor(m / (filters / group)) * perGroup + c;
    for (const [n = 0, filter = 0, row = 0, column = 0] of dy.indices()) {
      if (filter !== m) continue;
      const value = x.read(
        n,
        channel,
        reads(attributes, 0, row, i),
        reads(attributes, 1, column, j),
      );
      dw.add((value ?? 0) * dy.get(n, m, row, column), m, c, i, j);
    }
  }
  return dw;
}

/** dy at the first largest element of each window. */
export function maxPoolGradient(
  dy: Grid,
  x: Grid,
  attributes: AttributesOf<'MaxPoolGradient'>,
): Grid {
  const [height = 1, width = 1] = attributes.kernel_shape;
  const dx = new Grid(x.shape);
  for (const [n = 0, c = 0, row = 0, column = 0] of dy.indices()) {
    let greatest = Number.NEGATIVE_INFINITY;
    let found: readonly number[] | undefined;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const index = [n, c, reads(attributes, 0, row, i), reads(attributes, 1, column, j)];
        const value = x.read(...index) ?? Number.NEGATIVE_INFINITY;
        if (value > greatest) [greatest, found] = [value, index];
      }
    }
    if (found !== undefined) dx.add(dy.get(n, c, row, column), ...found);
  }
  return dx;
}

/** Mean and biased variance of each channel. */
export function statistics(x: Grid): { readonly mean: Grid; readonly variance: Grid } {
  const channels = x.shape[1] ?? 1;
  const count = x.data.length / channels;
  const [mean, variance] = [new Grid([channels]), new Grid([channels])];
  for (const index of x.indices()) mean.add(x.get(...index) / count, index[1] ?? 0);
  for (const index of x.indices()) {
    const c = index[1] ?? 0;
    variance.add((x.get(...index) - mean.get(c)) ** 2 / count, c);
  }
  return { mean, variance };
}

/** gamma (x - mean) / sqrt(variance + epsilon) + beta. */
export function normalised(x: Grid, gamma: Grid, beta: Grid, epsilon: number): Grid {
  const { mean, variance } = statistics(x);
  const y = new Grid(x.shape);
  for (const index of y.indices()) {
    const c = index[1] ?? 0;
    const centred = (x.get(...index) - mean.get(c)) / Math.sqrt(variance.get(c) + epsilon);
    y.add(gamma.get(c) * centred + beta.get(c), ...index);
  }
  return y;
}

/**
 * Gradients of batch norm by the chain rule through mean and variance, step by step (Ioffe and
 * Szegedy 2015, section 3).
 */
export function normalisedGradient(
  dy: Grid,
  x: Grid,
  gamma: Grid,
  epsilon: number,
): readonly [dx: Grid, dgamma: Grid, dbeta: Grid] {
  const { mean, variance } = statistics(x);
  const channels = x.shape[1] ?? 1;
  const count = x.data.length / channels;
  const [dgamma, dbeta] = [new Grid([channels]), new Grid([channels])];
  const [dvariance, dmean] = [new Grid([channels]), new Grid([channels])];
  const deviation = (c: number) => Math.sqrt(variance.get(c) + epsilon);
  const centred = (index: readonly number[]) => x.get(...index) - mean.get(index[1] ?? 0);
  for (const index of dy.indices()) {
    const c = index[1] ?? 0;
    const [gradient, distance] = [dy.get(...index), centred(index)];
    dbeta.add(gradient, c);
    dgamma.add((gradient * distance) / deviation(c), c);
    dvariance.add((-0.5 * gradient * gamma.get(c) * distance) / deviation(c) ** 3, c);
    dmean.add((-gradient * gamma.get(c)) / deviation(c), c);
  }
  const dx = new Grid(x.shape);
  for (const index of dx.indices()) {
    const c = index[1] ?? 0;
    const direct = (dy.get(...index) * gamma.get(c)) / deviation(c);
    const throughVariance = (dvariance.get(c) * 2 * centred(index)) / count;
    dx.add(direct + throughVariance + dmean.get(c) / count, ...index);
  }
  return [dx, dgamma, dbeta];
}

/** Of each pixel: log(sum(exp(z))), and the loss, which is 0 where the label is no class. */
export function crossEntropy(
  logits: Grid,
  labels: Grid,
): { readonly losses: Grid; readonly logSums: Grid } {
  const classes = logits.shape[1] ?? 1;
  const [losses, logSums] = [new Grid(labels.shape), new Grid(labels.shape)];
  for (const [n = 0, row = 0, column = 0] of labels.indices()) {
    const scores = Array.from({ length: classes }, (_, c) => logits.get(n, c, row, column));
    const greatest = Math.max(...scores);
    const sum = scores.reduce((total, score) => total + Math.exp(score - greatest), 0);
    const logSum = greatest + Math.log(sum);
    logSums.add(logSum, n, row, column);
    const own = scores[labels.get(n, row, column)];
    if (own !== undefined) losses.add(logSum - own, n, row, column);
  }
  return { losses, logSums };
}

/** (softmax(z) - onehot(label)) times the gradient of the pixel's loss. */
export function crossEntropyGradient(dlosses: Grid, logits: Grid, labels: Grid): Grid {
  const { logSums } = crossEntropy(logits, labels);
  const dz = new Grid(logits.shape);
  for (const [n = 0, c = 0, row = 0, column = 0] of dz.indices()) {
    const label = labels.get(n, row, column);
    if (label < 0 || label >= (logits.shape[1] ?? 1)) continue;
    const share = Math.exp(logits.get(n, c, row, column) - logSums.get(n, row, column));
    const surplus = share - (c === label ? 1 : 0);
    dz.add(surplus * dlosses.get(n, row, column), n, c, row, column);
  }
  return dz;
}
