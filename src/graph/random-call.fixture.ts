import { type DType, elementArrays, isFloat } from '../core/dtype.js';
import type { Random } from '../core/random.js';
import { elementCount, int64, type Shape, type Tensor } from '../core/tensor.js';
import { fromNumbers } from './constants/strided.js';
import type { AttributesInOf, OperatorName } from './operators.js';

/**
 * An input of a call that is to be tried: `fed` when the graph runs, `known` when it is built
 * (axes, sizes), or a `weight`, which may be either.
 */
export interface TriedInput {
  readonly role: 'fed' | 'known' | 'weight';
  readonly tensor: Tensor;
}

/** A use of an operator that is to be tried. */
export interface TriedCall<Op extends OperatorName = OperatorName> {
  readonly op: Op;
  readonly inputs: readonly (TriedInput | undefined)[];
  readonly attributes: AttributesInOf<Op>;
  readonly outputs: number;
}

/** A well-formed call, as the table of an operator's cases gives it. */
export interface CallParts<Op extends OperatorName> {
  readonly inputs: readonly (TriedInput | undefined)[];
  readonly attributes?: AttributesInOf<Op>;
  readonly outputs?: number;
}

/** Makes a random well-formed call of one operator. */
export type CallCase<Op extends OperatorName> = (random: Random) => CallParts<Op>;

/** Cases of some of the operators. */
export type CallCases<Op extends OperatorName> = { readonly [K in Op]: CallCase<K> };

/** Which numbers a random tensor is made of. */
export type Numbers = 'any' | 'positive' | 'nonzero';

export const floats: readonly DType[] = ['float32', 'float64'];
export const dtypes = Object.keys(elementArrays) as readonly DType[];

export function pick<T>(random: Random, choices: readonly T[]): T {
  const chosen = choices[random.integer(0, choices.length - 1)];
  if (chosen === undefined) throw new RangeError('nothing to pick from');
  return chosen;
}

export function chance(random: Random, probability: number): boolean {
  return random.uniform() < probability;
}

/** Sizes of 1 to `most`. */
export function randomShape(random: Random, rank: number, most = 4): Shape {
  return Array.from({ length: rank }, () => random.integer(1, most));
}

/** A tensor of small numbers that every element type can hold. */
export function randomTensor(
  random: Random,
  dtype: DType,
  shape: Shape,
  numbers: Numbers = 'any',
): Tensor {
  const next = (): number => {
    if (dtype === 'bool') return random.integer(0, 1);
    if (isFloat(dtype)) {
      const size = 0.1 + 2 * random.uniform();
      return numbers === 'positive' || chance(random, 0.5) ? size : -size;
    }
    const size = random.integer(numbers === 'any' ? 0 : 1, 9);
    const signed = !dtype.startsWith('u') && numbers !== 'positive';
    return signed && chance(random, 0.5) ? -size : size;
  };
  return fromNumbers(dtype, shape, Array.from({ length: elementCount(shape) }, next));
}

/** A random input that is fed when the graph runs. */
export function fed(
  random: Random,
  dtype: DType,
  shape: Shape,
  numbers: Numbers = 'any',
): TriedInput {
  return { role: 'fed', tensor: randomTensor(random, dtype, shape, numbers) };
}

/** A random input that is either fed or known beforehand. */
export function weight(
  random: Random,
  dtype: DType,
  shape: Shape,
  numbers: Numbers = 'any',
): TriedInput {
  return { role: 'weight', tensor: randomTensor(random, dtype, shape, numbers) };
}

/** An int64 vector that is known beforehand. */
export function known(...numbers: readonly number[]): TriedInput {
  return { role: 'known', tensor: int64(numbers) };
}

/** Shapes that broadcast to one of a rank up to 4. */
export function broadcastable(random: Random, count: number): readonly Shape[] {
  const whole = randomShape(random, random.integer(0, 4));
  return Array.from({ length: count }, () => {
    const dropped = chance(random, 0.5) ? 0 : random.integer(0, whole.length);
    return whole.slice(dropped).map((size) => (chance(random, 0.3) ? 1 : size));
  });
}

/** An axis, counted from either end. */
export function randomAxis(random: Random, rank: number): number {
  return random.integer(-rank, rank - 1);
}

/** Some of a tensor's axes, each once, in any order and counted from either end. */
export function randomAxes(random: Random, rank: number, least = 1): readonly number[] {
  const axes = shuffled(random, [...new Array(rank).keys()]);
  const count = random.integer(Math.min(least, rank), rank);
  return axes.slice(0, count).map((axis) => (chance(random, 0.3) ? axis - rank : axis));
}

export function shuffled<T>(random: Random, values: readonly T[]): readonly T[] {
  return values
    .map((value) => ({ value, order: random.uniform() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
