import type { Graph, Value } from '../graph.js';
import { rewrite } from '../rewrite.js';

/** Keeps one of several nodes that compute the same from the same (common subexpressions). */
export function mergeEqualNodes(graph: Graph): Graph {
  const numbers = new Map<Value | undefined, number>([[undefined, -1]]);
  const numberOf = (value: Value | undefined): number => {
    const known = numbers.get(value) ?? numbers.size;
    numbers.set(value, known);
    return known;
  };
  const seen = new Map<string, readonly Value[]>();
  return rewrite(graph, (node, { inputs, keep }) => {
    const key = JSON.stringify(
      [node.op, inputs.map(numberOf), node.attributes, node.outputs.length],
      // As JSON alone, all numbers that are not finite would look the same.
      (_, value: unknown) => (typeof value === 'number' ? String(value) : value),
    );
    const outputs = seen.get(key) ?? keep();
    seen.set(key, outputs);
    return outputs;
  });
}
