import type { Graph } from '../graph.js';
import { rewrite } from '../rewrite.js';

/** Works out every node whose inputs are all constant. */
export function foldConstants(graph: Graph): Graph {
  return rewrite(graph, (_node, { keep }) => keep(), { foldConstants: true });
}
