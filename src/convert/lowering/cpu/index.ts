import { expandComposites } from '../../../graph/expansions/index.js';
import type { Graph, Node } from '../../../graph/graph.js';
import type { OperatorName } from '../../../graph/operators.js';
import { simplify } from '../../../graph/passes/simplify.js';
import { batchNormLowerings } from './batch-norm.js';
import { convolutionLowerings } from './convolution.js';
import { convolutionWeightLowerings } from './convolution-weights.js';
import { crossEntropyLowerings } from './cross-entropy.js';
import { elementwiseLowerings } from './elementwise.js';
import { layoutLowerings } from './layout.js';
import { CpuLowering, type LoweringRule, type LoweringRules } from './lowering.js';

const rules: LoweringRules = {
  ...convolutionLowerings,
  ...convolutionWeightLowerings,
  ...batchNormLowerings,
  ...elementwiseLowerings,
  ...layoutLowerings,
  ...crossEntropyLowerings,
};

/**
 * A training graph in the layouts that ONNX Runtime's CPU provider computes fastest in: 1x1
 * convolutions as one matrix product over the batch, depthwise ones and per-channel arithmetic in
 * blocked layout. Inputs, outputs and what is computed stay the same up to rounding.
 *
 * @param block channels in a block of this processor's layout.
 */
export function lowerForCpu(graph: Graph, block: number): Graph {
  const lowering = new CpuLowering(graph, block);
  for (const node of graph.nodes) {
    if (!lowerNode(lowering, node)) lowering.keep(node);
  }
  const outputs = graph.outputs.map(({ name, value }) => ({
    name,
    value: lowering.image(value).planes,
  }));
  return simplify(expandComposites(lowering.builder.build(outputs)));
}

function lowerNode<Op extends OperatorName>(lowering: CpuLowering, node: Node<Op>): boolean {
  const rule: LoweringRule<Op> | undefined = rules[node.op as Op];
  return rule?.(lowering, node) ?? false;
}
