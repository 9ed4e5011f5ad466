import { GraphError } from '../core/errors.js';
import { formatShape, sameShape } from '../core/tensor.js';
import type { GraphBuilder } from './builder.js';
import type { Graph, Value } from './graph.js';
import { Renewal } from './renewal.js';

/**
 * Adds all of a graph to a builder, on values that the builder has.
 *
 * @param inputs What the graph is fed, by the names of its inputs.
 * @returns the graph's outputs by name.
 * @throws GraphError where an input is missing or of another type or shape.
 */
export function inline(
  builder: GraphBuilder,
  graph: Graph,
  inputs: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  const renewal = new Renewal(
    builder,
    graph.inputs.map((input) => [input, checked(input, inputs[input.name])]),
  );
  for (const node of graph.nodes) {
    renewal.define(node, builder.copy(node, renewal.inputsOf(node)));
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, renewal.value(value)]));
}

/** @throws GraphError where what is given cannot be taken for the input. */
function checked(input: Value, given: Value | undefined): Value {
  if (given?.dtype === input.dtype && sameShape(given.shape, input.shape)) return given;
  throw new GraphError({
    place: `input "${input.name}" of a graph that is put into another`,
    problem: given === undefined ? 'nothing is given for it' : 'what is given does not fit',
    expected: `${input.dtype} ${formatShape(input.shape)}`,
    ...(given === undefined ? {} : { found: `${given.dtype} ${formatShape(given.shape)}` }),
  });
}
