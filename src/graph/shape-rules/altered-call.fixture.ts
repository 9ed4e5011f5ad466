import type { DType } from '../../core/dtype.js';
import type { Random } from '../../core/random.js';
import { elementCount, type Shape, toNumbers } from '../../core/tensor.js';
import { fromNumbers } from '../constants/strided.js';
import type { AttributesInOf } from '../operators.js';
import {
  chance,
  dtypes,
  pick,
  randomTensor,
  type TriedCall,
  type TriedInput,
} from '../random-call.fixture.js';

type Inputs = TriedCall['inputs'];

/** A call with one thing changed, which may or may not leave it well-formed. */
export function alteredCall(call: TriedCall, random: Random): TriedCall {
  const { inputs } = call;
  const at = random.integer(0, inputs.length - 1);
  const input = inputs[at];
  const changed = (value: TriedInput | undefined): TriedCall => ({
    ...call,
    inputs: inputs.with(at, value),
  });
  switch (random.integer(0, 7)) {
    case 0:
      return { ...call, inputs: alteredList(inputs, random) };
    case 1:
      return { ...call, outputs: call.outputs + pick(random, [-1, 1]) };
    case 2:
      return { ...call, attributes: alteredAttributes(call.attributes, random) };
    case 3:
      return { ...call, attributes: alteredAttributes(call.attributes, random) };
    case 4:
      return input === undefined ? call : changed(withType(input, pick(random, dtypes), random));
    case 5:
      return input?.role === 'known' ? changed(withOtherNumber(input, random)) : call;
    default:
      return input === undefined
        ? call
        : changed(withShape(input, alteredShape(input.tensor.shape, random), random));
  }
}

function alteredList(inputs: Inputs, random: Random): Inputs {
  const at = random.integer(0, inputs.length - 1);
  switch (random.integer(0, 2)) {
    case 0:
      return inputs.with(at, undefined);
    case 1:
      return inputs.toSpliced(at, 1);
    default:
      return [...inputs, inputs[at]];
  }
}

function alteredShape(shape: Shape, random: Random): Shape {
  const at = random.integer(0, Math.max(0, shape.length - 1));
  switch (random.integer(0, 2)) {
    case 0:
      return shape.toSpliced(at, 0, random.integer(1, 3));
    case 1:
      return shape.toSpliced(at, 1);
    default:
      return shape.length === 0 ? [2] : shape.with(at, random.integer(1, 6));
  }
}

function withShape(input: TriedInput, shape: Shape, random: Random): TriedInput {
  const numbers = toNumbers(input.tensor);
  const { dtype } = input.tensor;
  const fill = (at: number): number => numbers[at % Math.max(1, numbers.length)] ?? 1;
  if (input.role === 'fed') {
    return { ...input, tensor: randomTensor(random, dtype, shape, 'positive') };
  }
  const kept = Array.from({ length: elementCount(shape) }, (_, at) => fill(at));
  return { ...input, tensor: fromNumbers(dtype, shape, kept) };
}

function withType(input: TriedInput, dtype: DType, random: Random): TriedInput {
  const { shape } = input.tensor;
  if (input.role === 'fed' || dtype === 'bool') {
    return { ...input, tensor: randomTensor(random, dtype, shape, 'positive') };
  }
  return { ...input, tensor: fromNumbers(dtype, shape, toNumbers(input.tensor)) };
}

/** Only vectors of whole numbers, such as axes: in data, no number is ill-formed. */
function withOtherNumber(input: TriedInput, random: Random): TriedInput {
  const { dtype, shape } = input.tensor;
  const numbers = toNumbers(input.tensor);
  if (dtype !== 'int64' || shape.length !== 1 || numbers.length === 0) return input;
  const at = random.integer(0, numbers.length - 1);
  return {
    ...input,
    tensor: fromNumbers(dtype, shape, numbers.with(at, random.integer(-4, 6))),
  };
}

function alteredAttributes(
  attributes: TriedCall['attributes'],
  random: Random,
): TriedCall['attributes'] {
  const entries = Object.entries<unknown>(attributes);
  if (entries.length === 0) return attributes;
  const [name, value] = pick(random, entries);
  const rest = { ...attributes, [name]: alteredValue(value, random) };
  return rest as AttributesInOf<TriedCall['op']>;
}

function alteredValue(value: unknown, random: Random): unknown {
  if (typeof value === 'string') return pick(random, ['nonsense', '', value.toUpperCase()]);
  if (typeof value === 'number') return random.integer(-5, 16);
  if (!Array.isArray(value)) return undefined;
  const numbers: readonly number[] = value;
  const at = random.integer(0, Math.max(0, numbers.length - 1));
  if (chance(random, 0.2)) return numbers.toSpliced(at, 1);
  if (chance(random, 0.2)) return [...numbers, random.integer(0, 3)];
  return numbers.length === 0 ? [1] : numbers.with(at, random.integer(-3, 5));
}
