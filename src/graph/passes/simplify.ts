import type { Graph } from '../graph.js';
import { cancelTransposes } from './cancel-transposes.js';
import { foldActivations } from './fold-activations.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { foldConstants } from './fold-constants.js';
import { mergeEqualNodes } from './merge-equal-nodes.js';

const passes = [foldConstants, cancelTransposes, mergeEqualNodes, foldBatchNorm, foldActivations];

/** The passes that every graph goes through before inference; none changes what it computes. */
export function simplify(graph: Graph): Graph {
  return passes.reduce((current, pass) => pass(current), graph);
}
