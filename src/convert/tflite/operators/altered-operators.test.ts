import { describe, expect, it } from 'vitest';
import { type DType, elementArrays } from '../../../core/dtype.js';
import { AtrousError, messageOf, OutputError } from '../../../core/errors.js';
import { type Random, seededRandom } from '../../../core/random.js';
import type { Shape } from '../../../core/tensor.js';
import {
  readTflite,
  type TfliteModel,
  type TfliteOperator,
  type TfliteTensor,
  writeTflite,
} from '../../../formats/tflite/index.js';
import { chance, dtypes, pick } from '../../../graph/random-call.fixture.js';
import { verify } from '../../../graph/verify.js';
import { fileOfCase } from '../one-operator.fixture.js';
import { tfliteToGraph } from '../tflite-to-graph.js';
import { makeCase, operatorNames } from './cases.fixture.js';

/** Numbers that find the edges of what a converter expects. */
const edges = [-(2 ** 31), -100, -5, -2, -1, 0, 1, 2, 3, 4, 5, 100, 2 ** 16, 2 ** 31 - 1];

function alteredShape(shape: Shape, random: Random): Shape {
  const at = random.integer(0, Math.max(shape.length - 1, 0));
  switch (random.integer(0, 3)) {
    case 0:
      return shape.toSpliced(at, 1);
    case 1:
      return shape.toSpliced(at, 0, random.integer(1, 3));
    case 2:
      return shape.length === 0 ? [0] : shape.with(at, pick(random, [0, 1, 2, 3, 7, 2 ** 20]));
    default:
      return [1, 1, 1, 1, ...shape].slice(-5);
  }
}

/** A constant keeps as many elements as its shape tells; what is fed may claim any size. */
function reshaped(tensor: TfliteTensor, shape: Shape): TfliteTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  if (tensor.data === undefined) return { ...tensor, shape };
  if (count > 4096) return tensor;
  const data = tensor.data.slice(0, 0);
  const longer = new (data.constructor as Float32ArrayConstructor)(count);
  longer.set(tensor.data.subarray(0, count) as never);
  return { ...tensor, shape, data: longer } as TfliteTensor;
}

function retyped(tensor: TfliteTensor, dtype: DType): TfliteTensor {
  const { data: _, ...rest } = tensor;
  if (tensor.data === undefined) return { ...rest, dtype };
  const data = new elementArrays[dtype](tensor.data.length);
  return { ...rest, dtype, data } as TfliteTensor;
}

function renumbered(tensor: TfliteTensor, random: Random): TfliteTensor {
  if (tensor.dtype !== 'int32' || tensor.data === undefined || tensor.data.length === 0) {
    return tensor;
  }
  const at = random.integer(0, tensor.data.length - 1);
  return { ...tensor, data: tensor.data.with(at, pick(random, edges)) };
}

function quantised(tensor: TfliteTensor, random: Random): TfliteTensor {
  const scale = pick(random, [[0.5], [0], [1e-30], [1e30], [0.5, 0.25, 0.125]]);
  const zeroPoint = scale.map(() => pick(random, edges));
  const axis = random.integer(0, 3);
  return { ...tensor, quantization: { scale, zeroPoint, axis } };
}

function alteredTensor(tensor: TfliteTensor, random: Random): TfliteTensor {
  switch (random.integer(0, 5)) {
    case 0:
      return retyped(tensor, pick(random, dtypes));
    case 1:
      return quantised(tensor, random);
    case 2:
    case 3:
      return renumbered(tensor, random);
    default:
      return reshaped(tensor, alteredShape(tensor.shape, random));
  }
}

function alteredOptions(operator: TfliteOperator, random: Random): TfliteOperator {
  if (operator.name === 'CUSTOM' || operator.name === 'UNSUPPORTED') return operator;
  const given: object = operator.options;
  const options = Object.fromEntries(
    Object.entries(given).map(([name, value]: [string, unknown]) => {
      if (chance(random, 0.5)) return [name, value];
      if (typeof value === 'boolean') return [name, !value];
      if (typeof value === 'number') return [name, pick(random, edges)];
      return [name, value];
    }),
  );
  return { ...operator, options } as TfliteOperator;
}

function alteredWiring(operator: TfliteOperator, tensors: number, random: Random): TfliteOperator {
  if (operator.inputs.length === 0) return operator;
  const at = random.integer(0, operator.inputs.length - 1);
  const inputs = chance(random, 0.5)
    ? operator.inputs.toSpliced(at, 1)
    : operator.inputs.with(at, random.integer(-1, tensors - 1));
  return { ...operator, inputs };
}

/** A file with one to three things changed about its only operator and its tensors. */
function altered(model: TfliteModel, random: Random): TfliteModel {
  const [main] = model.subgraphs;
  let [operator] = main?.operators ?? [];
  if (main === undefined || operator === undefined) return model;
  let { tensors } = main;
  for (let change = random.integer(1, 3); change > 0; change--) {
    const at = random.integer(0, tensors.length - 1);
    const tensor = tensors[at];
    const kind = random.integer(0, 4);
    if (kind === 0) operator = alteredOptions(operator, random);
    else if (kind === 1) operator = alteredWiring(operator, tensors.length, random);
    else if (tensor !== undefined) tensors = tensors.with(at, alteredTensor(tensor, random));
  }
  return { ...model, subgraphs: [{ ...main, tensors, operators: [operator] }] };
}

/** The bytes of the file, unless it is one that cannot even be written. */
function written(model: TfliteModel): Uint8Array | undefined {
  try {
    return writeTflite(model);
  } catch (error) {
    expect(error).toBeInstanceOf(OutputError);
    return undefined;
  }
}

describe('an operator that was tampered with is converted or refused by the name of its file', () => {
  it.each(operatorNames)('%s', (name) => {
    const random = seededRandom(500 + operatorNames.indexOf(name));
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 60; round++) {
      const model = altered(fileOfCase(name, makeCase(name, random)), random);
      const bytes = written(model);
      if (bytes === undefined) continue;
      const started = performance.now();
      try {
        verify(tfliteToGraph(readTflite(bytes, 'm.tflite'), 'm.tflite'));
      } catch (error) {
        if (!(error instanceof AtrousError)) throw new Error(`round ${round}`, { cause: error });
        expect(messageOf(error), `round ${round}`).toMatch(/^m\.tflite/);
      }
      expect(performance.now() - started).toBeLessThan(1000);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });
});
