import type { Graph } from '../graph.js';
import { rewrite } from '../rewrite.js';

/** Joins transposes that follow one another and drops those (and identities) that change nothing. */
export function cancelTransposes(graph: Graph): Graph {
  return rewrite(graph, (node, { builder, inputs: [input], keep }) => {
    if (input === undefined) return keep();
    if (node.op === 'Identity') return [input];
    if (node.op !== 'Transpose') return keep();
    const before = builder.producerOf(input);
    const inner = before?.op === 'Transpose' ? before : undefined;
    const source = inner?.inputs[0] ?? input;
    const perm = node.attributes.perm.map((axis) => inner?.attributes.perm[axis] ?? axis);
    if (perm.every((axis, position) => axis === position)) return [source];
    return builder.addAll('Transpose', [source], { perm }, { name: node.name });
  });
}
