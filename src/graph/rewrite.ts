import { type BuilderOptions, GraphBuilder } from './builder.js';
import type { Graph, Node, Value } from './graph.js';
import { Renewal } from './renewal.js';

/** What a rule does with one node of the old graph. */
export interface Rewriting {
  readonly builder: GraphBuilder;
  /** The node's inputs in the new graph. */
  readonly inputs: readonly (Value | undefined)[];
  /** Adds the node as it is. */
  readonly keep: () => readonly Value[];
}

/** Builds a node's replacement and returns the values that stand for its outputs. */
export type RewriteRule = (node: Node, rewriting: Rewriting) => readonly Value[];

/**
 * Builds a graph anew, node by node, through a rule.
 *
 * A node whose inputs change their types passes the shape rules again, and what nothing depends on
 * any more is dropped; the names and types of inputs and outputs stay.
 */
export function rewrite(graph: Graph, rule: RewriteRule, options: BuilderOptions = {}): Graph {
  const builder = new GraphBuilder(options);
  const renewal = new Renewal(
    builder,
    graph.inputs.map((input) => [input, builder.input(input.name, input.dtype, input.shape)]),
  );
  for (const node of graph.nodes) {
    const inputs = renewal.inputsOf(node);
    const keep = (): readonly Value[] => builder.copy(node, inputs);
    renewal.define(node, rule(node, { builder, inputs, keep }));
  }
  return builder.build(
    graph.outputs.map(({ name, value }) => ({ name, value: renewal.value(value) })),
  );
}
