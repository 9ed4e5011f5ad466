import { InternalError } from '../core/errors.js';
import { type BuilderOptions, GraphBuilder } from './builder.js';
import type { Graph, Node, Value } from './graph.js';
import type { AttributesInOf } from './operators.js';

/** What a rule does with one node of the old graph. */
export interface Rewriting {
  readonly builder: GraphBuilder;
  /** The node's inputs in the new graph. */
  readonly inputs: readonly (Value | undefined)[];
  /** The new graph's value for one of the old graph that has been reached already. */
  readonly renewed: (old: Value) => Value;
  /** Adds the node as it is. */
  readonly keep: () => readonly Value[];
}

/** Builds a node's replacement and returns the values that stand for its outputs. */
export type RewriteRule = (node: Node, rewriting: Rewriting) => readonly Value[];

/**
 * Builds a graph anew, node by node, through a rule.
 *
 * Every node passes the shape rules again, and what nothing depends on any more is dropped; the
 * names and types of inputs and outputs stay.
 */
export function rewrite(graph: Graph, rule: RewriteRule, options: BuilderOptions = {}): Graph {
  const builder = new GraphBuilder(options);
  const renewal = new Map<Value, Value>();
  for (const input of graph.inputs) {
    renewal.set(input, builder.input(input.name, input.dtype, input.shape));
  }
  const renewed = (old: Value): Value => {
    const known = renewal.get(old);
    if (known !== undefined) return known;
    if (old.constant === undefined) {
      throw new InternalError('rewrite', `"${old.name}" is used before it is computed`);
    }
    const constant = builder.constant(old.constant, old.name);
    renewal.set(old, constant);
    return constant;
  };

  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => (input === undefined ? undefined : renewed(input)));
    const keep = (): readonly Value[] => copyNode(builder, node, inputs);
    const outputs = rule(node, { builder, inputs, renewed, keep });
    node.outputs.forEach((output, index) => {
      const replacement = outputs[index];
      if (replacement !== undefined) renewal.set(output, replacement);
    });
  }
  return builder.build(graph.outputs.map(({ name, value }) => ({ name, value: renewed(value) })));
}

/** Adds a node like the one given, on other inputs. */
export function copyNode(
  builder: GraphBuilder,
  node: Node,
  inputs: readonly (Value | undefined)[],
): readonly Value[] {
  return builder.addAll(node.op, inputs, node.attributes as AttributesInOf<typeof node.op>, {
    name: node.name,
    outputs: node.outputs.length,
  });
}
