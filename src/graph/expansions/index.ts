import type { Graph, Node, Value } from '../graph.js';
import { type CompositeName, compositeNames } from '../operators.js';
import { type Rewriting, rewrite } from '../rewrite.js';
import { batchNormTraining, batchNormTrainingGradient } from './batch-norm.js';
import { clipGradient } from './clip-gradient.js';
import { convWeightGradient } from './conv-weight-gradient.js';
import { softmaxCrossEntropy, softmaxCrossEntropyGradient } from './cross-entropy.js';
import { Expansion, type ExpansionRule } from './expansion.js';
import { maxPoolGradient } from './max-pool-gradient.js';

/** Plain operators for every composite one; they run on any device. */
const expansions: { readonly [Op in CompositeName]: ExpansionRule<Op> } = {
  ConvWeightGradient: convWeightGradient,
  ClipGradient: clipGradient,
  MaxPoolGradient: maxPoolGradient,
  BatchNormTraining: batchNormTraining,
  BatchNormTrainingGradient: batchNormTrainingGradient,
  SoftmaxCrossEntropy: softmaxCrossEntropy,
  SoftmaxCrossEntropyGradient: softmaxCrossEntropyGradient,
};

const names: ReadonlySet<string> = new Set(compositeNames);

/** Whether a node must be expanded before it can run. */
export function isComposite(node: Node): node is Node<CompositeName> {
  return names.has(node.op);
}

/** Replaces every composite operator by plain ones. */
export function expandComposites(graph: Graph): Graph {
  return rewrite(graph, (node, rewriting) =>
    isComposite(node) ? expand(node, rewriting) : rewriting.keep(),
  );
}

function expand<Op extends CompositeName>(
  node: Node<Op>,
  { builder, inputs }: Rewriting,
): readonly Value[] {
  const rule: ExpansionRule<Op> = expansions[node.op as Op];
  return rule(new Expansion(builder, node, inputs));
}
