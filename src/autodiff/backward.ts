import { GraphError } from '../core/errors.js';
import { elementCount, formatShape, tensor } from '../core/tensor.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Node, Value } from '../graph/graph.js';
import type { OperatorName } from '../graph/operators.js';
import { GradientCall, type GradientEntry } from './gradient-rule.js';
import { entryOf } from './rules/index.js';

/**
 * Appends to a graph the gradients of a loss: one value for each parameter, of the parameter's
 * shape, made of the same operators as the graph itself (reverse-mode differentiation).
 *
 * @param loss float32 with a single element.
 * @param parameters values of the graph, usually inputs, that the loss depends on.
 * @throws GraphError where the loss is no number, does not depend on a parameter, or depends on it
 *   through an operator without a gradient.
 */
export function backward(
  builder: GraphBuilder,
  loss: Value,
  parameters: readonly Value[],
): readonly Value[] {
  if (loss.dtype !== 'float32' || elementCount(loss.shape) !== 1) {
    throw new GraphError({
      place: `loss "${loss.name}"`,
      problem: 'a loss is a single number',
      expected: 'float32 []',
      found: `${loss.dtype} ${formatShape(loss.shape)}`,
    });
  }
  const nodes = builder.nodes;
  const trained = dependents(nodes, parameters);
  const one = tensor('float32', loss.shape, Float32Array.of(1));
  const gradients = new GradientSums(builder);
  gradients.contribute(loss, builder.constant(one, 'one'));
  for (const node of nodes.toReversed()) {
    const reached = node.outputs.map((output) => gradients.sumOf(output));
    if (reached.every((gradient) => gradient === undefined)) continue;
    const wanted = node.inputs.map((input) => input !== undefined && trained.has(input));
    if (!wanted.includes(true)) continue;
    const towards = gradientsOf(builder, node, reached, wanted);
    node.inputs.forEach((input, position) => {
      const gradient = towards[position];
      if (input !== undefined && gradient !== undefined && wanted[position]) {
        gradients.contribute(input, gradient);
      }
    });
  }
  return parameters.map((parameter) => gradients.sumOf(parameter) ?? independent(loss, parameter));
}

/** All values that depend on any of those given, themselves included. */
function dependents(nodes: readonly Node[], sources: readonly Value[]): ReadonlySet<Value> {
  const found = new Set<Value>(sources);
  for (const node of nodes) {
    if (node.inputs.some((input) => input !== undefined && found.has(input))) {
      for (const output of node.outputs) found.add(output);
    }
  }
  return found;
}

function gradientsOf<Op extends OperatorName>(
  builder: GraphBuilder,
  node: Node<Op>,
  gradients: readonly (Value | undefined)[],
  wanted: readonly boolean[],
): readonly (Value | undefined)[] {
  const entry: GradientEntry<Op> = entryOf(node.op as Op);
  switch (entry.kind) {
    case 'differentiable':
      return entry.rule(new GradientCall({ builder, node, gradients, wanted }));
    case 'flat':
      return [];
    case 'refused':
      throw new GraphError({
        place: `gradient of ${node.op} "${node.name}"`,
        problem: 'the operator has no gradient here',
        found: entry.reason,
      });
  }
}

/** The gradients that reach each value along different ways, added up when asked for. */
class GradientSums {
  readonly #builder: GraphBuilder;
  readonly #terms = new Map<Value, Value[]>();

  constructor(builder: GraphBuilder) {
    this.#builder = builder;
  }

  contribute(value: Value, gradient: Value): void {
    const terms = this.#terms.get(value) ?? [];
    terms.push(gradient);
    this.#terms.set(value, terms);
  }

  sumOf(value: Value): Value | undefined {
    const terms = this.#terms.get(value);
    if (terms === undefined) return undefined;
    const sum = terms.reduce((a, b) =>
      this.#builder.add('Add', [a, b], {}, { name: `${value.name}/gradient` }),
    );
    this.#terms.set(value, [sum]);
    return sum;
  }
}

function independent(loss: Value, parameter: Value): never {
  throw new GraphError({
    place: `parameter "${parameter.name}"`,
    problem: 'the loss does not depend on it',
    found: `loss "${loss.name}"`,
    fix: 'leave it out of the trained parameters',
  });
}
