import type { DType } from '../../core/dtype.js';
import type { Random } from '../../core/random.js';
import type { Shape, Tensor } from '../../core/tensor.js';
import {
  type OperatorName,
  type OperatorOptions,
  readTflite,
  type TfliteBuiltin,
  type TfliteModel,
  type TfliteOperator,
  type TfliteQuantization,
  type TfliteTensor,
  writeTflite,
} from '../../formats/tflite/index.js';
import { relativeDifference, runGraph } from '../../graph/engine.fixture.js';
import { verify } from '../../graph/verify.js';
import { asTensor, type PlainArray } from './plain-array.fixture.js';
import { type Arithmetic, tfliteToGraph } from './tflite-to-graph.js';

/** An input of the operator that is tried: fed, or a constant of the file. */
export interface TriedInput {
  readonly tensor: Tensor;
  readonly fed: boolean;
  readonly quantization?: TfliteQuantization;
}

/** How a file stores the result of a quantised operator; the graph gives it as real numbers. */
export interface StoredOutput {
  readonly dtype: 'uint8' | 'int8';
  readonly quantization: TfliteQuantization;
}

/** A random use of a builtin operator, with what plain loops compute for it. */
export interface OperatorCase<Name extends OperatorName> {
  readonly options: OperatorOptions[Name];
  readonly inputs: readonly (TriedInput | undefined)[];
  readonly outputs: readonly Tensor[];
  readonly stored?: StoredOutput;
}

export type OperatorCases<Name extends OperatorName> = {
  readonly [N in Name]: (random: Random) => OperatorCase<N>;
};

export function fed(array: PlainArray, dtype: DType = 'float32'): TriedInput {
  return { tensor: asTensor(array, dtype), fed: true };
}

export function constant(array: PlainArray, dtype: DType = 'float32'): TriedInput {
  return { tensor: asTensor(array, dtype), fed: false };
}

/** A constant int32 vector, as TFLite gives axes and sizes. */
export function integers(...numbers: readonly number[]): TriedInput {
  return constant({ shape: [numbers.length], numbers }, 'int32');
}

/** A constant int32 scalar. */
export function integer(number: number): TriedInput {
  return constant({ shape: [], numbers: [number] }, 'int32');
}

/** The record of an input: with its elements where it is a constant of the file. */
export function inputRecord(name: string, { tensor, fed, quantization }: TriedInput): TfliteTensor {
  const fields = { name, ...tensor, isVariable: false, ...(quantization && { quantization }) };
  if (!fed) return fields;
  const { data: _, ...open } = fields;
  return open;
}

/** The record of a result. */
export function outputRecord(
  name: string,
  shape: Shape,
  dtype: DType,
  quantization?: TfliteQuantization,
): TfliteTensor {
  return { name, shape, dtype, isVariable: false, ...(quantization && { quantization }) };
}

/** A file of these tensors and operators. */
export function fileOf(
  tensors: readonly TfliteTensor[],
  operators: readonly TfliteOperator[],
  inputs: readonly number[],
  outputs: readonly number[],
): TfliteModel {
  return {
    version: 3,
    description: '',
    metadata: new Map(),
    subgraphs: [{ name: 'main', tensors, inputs, outputs, operators }],
  };
}

/** The file of a single operator, its inputs named `x0`, `x1`, … and its outputs `y0`, `y1`, …. */
export function fileOfCase<Name extends OperatorName>(
  name: Name,
  { options, inputs, outputs, stored }: OperatorCase<Name>,
): TfliteModel {
  const given = inputs.flatMap((input, at) => (input === undefined ? [] : [{ input, at }]));
  const tensors = [
    ...given.map(({ input, at }) => inputRecord(`x${at}`, input)),
    ...outputs.map(({ shape, dtype }, at) =>
      outputRecord(`y${at}`, shape, stored?.dtype ?? dtype, stored?.quantization),
    ),
  ];
  const operator = {
    name,
    options,
    version: 1,
    inputs: inputs.map((input) => given.findIndex((each) => each.input === input)),
    outputs: outputs.map((_, at) => given.length + at),
  } as TfliteBuiltin;
  const entering = given.flatMap(({ input }, at) => (input.fed ? [at] : []));
  return fileOf(tensors, [operator], entering, operator.outputs);
}

/** What the graph of a file computes, which went through bytes on the way. */
export async function runFile(
  model: TfliteModel,
  feeds: Readonly<Record<string, Tensor>>,
  arithmetic: Arithmetic = 'integer',
): Promise<Readonly<Record<string, Tensor>>> {
  const graph = tfliteToGraph(readTflite(writeTflite(model), 'm.tflite'), 'm.tflite', arithmetic);
  verify(graph);
  return runGraph(graph, feeds);
}

/** Largest relative difference of what the imported operator computes from the plain loops'. */
export async function differenceOfCase<Name extends OperatorName>(
  name: Name,
  tried: OperatorCase<Name>,
): Promise<number> {
  const feeds = Object.fromEntries(
    tried.inputs.flatMap((input, at) => (input?.fed ? [[`x${at}`, input.tensor] as const] : [])),
  );
  const results = await runFile(fileOfCase(name, tried), feeds);
  return Math.max(
    ...tried.outputs.map((output, at) => relativeDifference(results[`y${at}`], output)),
  );
}
