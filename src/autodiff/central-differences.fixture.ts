import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import type { Random } from '../core/random.js';
import { elementCount, float32, type Tensor, toNumbers } from '../core/tensor.js';
import { writeOnnx } from '../formats/onnx/index.js';
import { GraphBuilder } from '../graph/builder.js';
import { expandComposites } from '../graph/expansions/index.js';
import type { Graph, Node, Value } from '../graph/graph.js';
import { onnxDtypes } from '../graph/onnx-dtype.js';
import type { OperatorName } from '../graph/operators.js';
import type { TriedCall } from '../graph/random-call.fixture.js';
import { verify } from '../graph/verify.js';
import { openInThreadSession } from '../runtime/node/index.js';
import type { NamedTensors } from '../runtime/session.js';
import { backward } from './backward.js';

/** A call whose gradients are to be checked. */
export interface CheckedCall<Op extends OperatorName = OperatorName> extends TriedCall<Op> {
  /** The outputs that the loss is made of. */
  readonly inLoss: readonly number[];
}

/**
 * Step of the differences, in single precision: a shorter one would drown in rounding, a longer one
 * in curvature. It is combined with twice it so that errors of second order cancel (Richardson
 * extrapolation); no number moves by more than that. A power of two, so that numbers on a grid move
 * by it exactly.
 */
const step = 1 / 128;

/** What a check found. */
export interface Finding {
  /** Difference of the two derivatives of the loss, relative to the sizes of what they sum up. */
  readonly error: number;
  /** Size of the change that was measured; 0 where the outputs do not depend on the inputs. */
  readonly change: number;
}

/** Positions of the inputs that gradients are formed of: float32 and not known beforehand. */
export function differentiated(call: TriedCall): readonly number[] {
  return call.inputs.flatMap((input, at) =>
    input?.role === 'fed' && input.tensor.dtype === 'float32' ? [at] : [],
  );
}

/** A graph under construction that holds a call and a loss made of its outputs. */
interface LossGraph {
  readonly builder: GraphBuilder;
  readonly inputs: readonly (Value | undefined)[];
  readonly results: readonly Value[];
  readonly loss: Value;
}

/** The call with the loss sum(c0 y0) + …, of the outputs y0, … in it and factors that are fed. */
function lossGraph(call: CheckedCall): LossGraph {
  const builder = new GraphBuilder();
  const inputs = call.inputs.map((input, at): Value | undefined => {
    if (input === undefined) return undefined;
    const { role, tensor } = input;
    if (role !== 'fed') return builder.constant(tensor, `x${at}`);
    return builder.input(`x${at}`, tensor.dtype, tensor.shape);
  });
  const { op, attributes, outputs } = call;
  const results = builder.addAll(op, inputs, attributes, { name: 'tried', outputs });
  const terms = call.inLoss.map((at) => {
    const y = results[at];
    if (y === undefined) throw new RangeError(`${op} has no output ${at}`);
    const factor = builder.input(`c${at}`, 'float32', y.shape);
    const wide = y.dtype === 'float32' ? y : builder.add('Cast', [y], { to: onnxDtypes.float32 });
    const product = builder.add('Mul', [wide, factor], {});
    return builder.add('ReduceSum', [product], { keepdims: 0 });
  });
  const loss = terms.reduce((a, b) => builder.add('Add', [a, b], {}));
  return { builder, inputs, results, loss };
}

/** The graph of a call's outputs `y0`, … and the gradients `g0`, … of its inputs. */
function gradientGraph(call: CheckedCall): Graph {
  const { builder, inputs, results, loss } = lossGraph(call);
  const positions = differentiated(call);
  const parameters = positions.map((at) => inputs[at]).filter((value) => value !== undefined);
  const gradients = backward(builder, loss, parameters);
  return builder.build([
    ...call.inLoss.map((at) => ({ name: `y${at}`, value: results[at] ?? loss })),
    ...positions.map((at, index) => ({ name: `g${at}`, value: gradients[index] ?? loss })),
  ]);
}

/** Nodes that a rule adds where the gradient of one input is asked for, and that do not serve it. */
export function idleNodes(call: CheckedCall): readonly Node[] {
  return differentiated(call).flatMap((at) => {
    const { builder, inputs, loss } = lossGraph(call);
    const parameter = inputs[at];
    const before = builder.nodes.length;
    const [gradient] = parameter === undefined ? [] : backward(builder, loss, [parameter]);
    if (gradient === undefined) throw new RangeError(`input ${at} has no gradient`);
    const needed = new Set(builder.build([{ name: 'gradient', value: gradient }]).nodes);
    const added = builder.nodes.slice(before).filter(({ name }) => name.startsWith('tried/'));
    return added.filter((node) => !needed.has(node));
  });
}

/**
 * Compares the gradients of a call with central differences along a random direction of all its
 * inputs at once, for a loss that is a random sum of its outputs.
 */
export async function checkGradients(call: CheckedCall, random: Random): Promise<Finding> {
  const graph = expandComposites(gradientGraph(call));
  verify(graph);
  const bytes = writeOnnx(graphToOnnx(graph));
  const session = await openInThreadSession(bytes, { optimization: 'disabled', threads: 1 });
  try {
    const factors: Record<string, Tensor> = {};
    for (const at of call.inLoss) {
      const output = graph.outputs.find(({ name }) => name === `y${at}`);
      factors[`c${at}`] = normal(random, output?.value.shape ?? []);
    }
    const directions = new Map(
      differentiated(call).map((at) => [at, direction(random, inputAt(call, at).shape)] as const),
    );
    const run = async (distance: number): Promise<Readonly<Record<string, Tensor>>> =>
      session.run({ ...moved(call, directions, distance), ...factors });
    const outputsAt = async (distance: number): Promise<readonly number[]> => {
      const results = await run(distance);
      return call.inLoss.flatMap((at) => numbersOf(results[`y${at}`]));
    };
    const slope = async (distance: number): Promise<readonly number[]> => {
      const [ahead, behind] = [await outputsAt(distance), await outputsAt(-distance)];
      return ahead.map((value, at) => (value - (behind[at] ?? 0)) / (2 * distance));
    };
    const [near, far] = [await slope(step), await slope(2 * step)];
    const change = near.map((value, at) => (4 * value - (far[at] ?? 0)) / 3);

    const results = await run(0);
    const weights = call.inLoss.flatMap((at) => numbersOf(factors[`c${at}`]));
    const shares: number[] = [];
    for (const [at, along] of directions) {
      const gradient = results[`g${at}`];
      if (`${gradient?.shape}` !== `${inputAt(call, at).shape}`) return { error: 2, change: 0 };
      const slopes = numbersOf(gradient);
      shares.push(...along.map((distance, element) => distance * (slopes[element] ?? Number.NaN)));
    }
    const formed = shares.reduce((sum, share) => sum + share, 0);
    const measured = dot(weights, change);
    const values = call.inLoss.flatMap((at) => numbersOf(results[`y${at}`]));
    // What rounding of the outputs alone may make of a change of nothing.
    const rounding = (1e-5 * length(values)) / Math.sqrt(Math.max(1, values.length)) + 1e-5;
    const scale = length(weights) * (length(change) + rounding) + length(shares);
    const error = values.length === 0 ? Math.abs(formed) : Math.abs(measured - formed) / scale;
    return { error, change: length(change) };
  } finally {
    await session.dispose();
  }
}

function inputAt(call: TriedCall, at: number): Tensor {
  const input = call.inputs[at];
  if (input === undefined) throw new RangeError(`${call.op} has no input ${at}`);
  return input.tensor;
}

/** The call's inputs, moved along their directions. */
function moved(
  call: TriedCall,
  directions: ReadonlyMap<number, readonly number[]>,
  distance: number,
): NamedTensors {
  const feeds: Record<string, Tensor> = {};
  call.inputs.forEach((input, at) => {
    if (input?.role !== 'fed') return;
    const along = directions.get(at);
    const { tensor } = input;
    feeds[`x${at}`] =
      along === undefined
        ? tensor
        : float32(
            tensor.shape,
            toNumbers(tensor).map((value, element) => value + distance * (along[element] ?? 0)),
          );
  });
  return feeds;
}

/** Eighths from -1 to 1, so that a step along them is exact for numbers on a grid. */
function direction(random: Random, shape: readonly number[]): readonly number[] {
  return Array.from({ length: elementCount(shape) }, () => random.integer(-8, 8) / 8);
}

function normal(random: Random, shape: readonly number[]): Tensor {
  return float32(
    shape,
    Array.from({ length: elementCount(shape) }, () => random.normal()),
  );
}

function numbersOf(tensor: Tensor | undefined): readonly number[] {
  return tensor === undefined ? [] : toNumbers(tensor);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

function length(values: readonly number[]): number {
  return Math.sqrt(dot(values, values));
}
