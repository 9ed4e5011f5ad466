import type { DType } from '../core/dtype.js';
import type { Shape, Tensor } from '../core/tensor.js';
import type { AttributesOf, OperatorName } from './operators.js';

/** What flows along an edge of a graph: a tensor whose type and shape are known beforehand. */
export interface Value {
  /** Unique within its graph. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** The elements, where they are known when the graph is built: weights, axes, sizes. */
  readonly constant?: Tensor;
}

/** One use of an operator. An optional input that is left out is `undefined`. */
export type Node<Op extends OperatorName = OperatorName> = {
  [K in OperatorName]: {
    readonly op: K;
    readonly name: string;
    readonly inputs: readonly (Value | undefined)[];
    readonly attributes: AttributesOf<K>;
    readonly outputs: readonly Value[];
  };
}[Op];

/** A value that the graph hands out, and the name it is asked for by. */
export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
}

/**
 * A computation on tensors.
 *
 * Nodes stand in an order in which each comes after those it depends on. Constants are found on
 * the values themselves.
 */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly GraphOutput[];
}

/** The constants that a graph uses, each once, in order of first use. */
export function constantsOf(graph: Graph): readonly (Value & { readonly constant: Tensor })[] {
  const found = new Set<Value & { readonly constant: Tensor }>();
  for (const value of usedValues(graph)) {
    if (isConstant(value)) found.add(value);
  }
  return [...found];
}

/** Whether a value's elements are known when the graph is built. */
export function isConstant(value: Value): value is Value & { readonly constant: Tensor } {
  return value.constant !== undefined;
}

/** The node that makes each value. */
export function producersOf(graph: Graph): ReadonlyMap<Value, Node> {
  const producers = new Map<Value, Node>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) producers.set(output, node);
  }
  return producers;
}

/** How often each value is read, by nodes and as an output of the graph. */
export function useCounts(graph: Graph): ReadonlyMap<Value, number> {
  const counts = new Map<Value, number>();
  for (const value of usedValues(graph)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function* usedValues(graph: Graph): Generator<Value> {
  for (const node of graph.nodes) {
    for (const input of node.inputs) if (input !== undefined) yield input;
  }
  for (const output of graph.outputs) yield output.value;
}
