import { GraphError, InternalError } from '../core/errors.js';
import { formatShape, sameShape } from '../core/tensor.js';
import type { GraphBuilder } from './builder.js';
import type { Graph, Value } from './graph.js';
import { copyNode } from './rewrite.js';

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
  const renewal = new Map<Value, Value>();
  for (const input of graph.inputs) {
    const given = inputs[input.name];
    if (given?.dtype !== input.dtype || !sameShape(given.shape, input.shape)) {
      throw new GraphError({
        place: `input "${input.name}" of a graph that is put into another`,
        problem: given === undefined ? 'nothing is given for it' : 'what is given does not fit',
        expected: `${input.dtype} ${formatShape(input.shape)}`,
        ...(given === undefined ? {} : { found: `${given.dtype} ${formatShape(given.shape)}` }),
      });
    }
    renewal.set(input, given);
  }
  const renewed = (old: Value): Value => {
    const known = renewal.get(old);
    if (known !== undefined) return known;
    if (old.constant === undefined) {
      throw new InternalError('inline', `"${old.name}" is used before it is computed`);
    }
    const constant = builder.constant(old.constant, old.name);
    renewal.set(old, constant);
    return constant;
  };
  for (const node of graph.nodes) {
    const given = node.inputs.map((input) => (input === undefined ? undefined : renewed(input)));
    const made = copyNode(builder, node, given);
    for (const [index, output] of node.outputs.entries()) {
      const value = made[index];
      if (value !== undefined) renewal.set(output, value);
    }
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, renewed(value)]));
}
