import { float32 } from '../../../core/tensor.js';
import type { Node, Value } from '../../../graph/graph.js';
import { onnxDtypes } from '../../../graph/onnx-dtype.js';
import type { Image } from './image.js';
import type { CpuLowering, LoweringRules } from './lowering.js';

/** Labels as indices that are safe to look up, and which of them are classes at all. */
interface SafeLabels {
  /** int64 [1, N H W] */
  readonly indices: Value;
  /** float32 [1, N H W]: 1 for a class, 0 for any other number. */
  readonly known: Value;
}

function safeLabels(lowering: CpuLowering, node: Node, labels: Image, classes: number): SafeLabels {
  const flat = lowering.reshape(labels.planes, [1, labels.planes.shape.reduce((a, b) => a * b, 1)]);
  const bound = (value: number) =>
    lowering.builder.constant(
      { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) },
      'bound',
    );
  const indices = lowering.add(node, 'Clip', [flat, bound(0), bound(classes - 1)], {});
  const equal = lowering.add(node, 'Equal', [flat, indices], {});
  return { indices, known: lowering.add(node, 'Cast', [equal], { to: onnxDtypes.float32 }) };
}

/** Each pixel's logit of its own class, [1, N H W]. */
function ownLogits(lowering: CpuLowering, node: Node, logits: Image, indices: Value): Value {
  // Row by row of the image: ONNX Runtime divides the work among threads along all but the last
  // axis.
  const [height, width] = logits.size;
  const lines = [logits.batch * height, width];
  const images = lowering.reshape(logits.rows, [logits.channels, ...lines]);
  const places = lowering.reshape(indices, [1, ...lines]);
  const own = lowering.add(node, 'GatherElements', [images, places], { axis: 0 });
  return lowering.reshape(own, [1, logits.perChannel]);
}

/** The sum over the classes, as a product with ones: a third of the time of `ReduceSum`. */
function overClasses(lowering: CpuLowering, node: Node, value: Value): Value {
  const [classes = 1] = value.shape;
  const ones = float32([1, classes], new Array<number>(classes).fill(1));
  return lowering.add(node, 'MatMul', [lowering.builder.constant(ones, 'ones'), value], {});
}

/**
 * Softmax cross-entropy over the rows of the classes: a pixel's own logit is looked up instead of
 * being picked by a one-hot product, which would take passes over classes x pixels.
 */
export const crossEntropyLowerings = {
  SoftmaxCrossEntropy: (lowering, node) => {
    const logits = lowering.input(node, 0);
    const { indices, known } = safeLabels(lowering, node, lowering.input(node, 1), logits.channels);
    const greatest = lowering.add(node, 'ReduceMax', [logits.rows], { axes: [0], keepdims: 1 });
    const shifted = lowering.add(node, 'Sub', [logits.rows, greatest], {});
    const exponentials = lowering.add(node, 'Exp', [shifted], {});
    const sum = overClasses(lowering, node, exponentials);
    const logarithm = lowering.add(node, 'Log', [sum], {});
    const logSumExp = lowering.add(node, 'Add', [logarithm, greatest], {});
    const surplus = lowering.add(
      node,
      'Sub',
      [logSumExp, ownLogits(lowering, node, logits, indices)],
      {},
    );
    lowering.keepShares(node.outputs[1], { exponentials, sum, surplus });
    const losses = lowering.add(node, 'Mul', [surplus, known], {});
    const shape = node.outputs[0]?.shape ?? [];
    lowering.output(node).define('planes', lowering.reshape(losses, shape));
    lowering.output(node, 1).define('planes', lowering.reshape(logSumExp, shape));
    return true;
  },
  SoftmaxCrossEntropyGradient: (lowering, node) => {
    const logits = lowering.input(node, 1);
    const { indices, known } = safeLabels(lowering, node, lowering.input(node, 2), logits.channels);
    const kept = lowering.sharesOf(node.inputs[3]);
    if (kept === undefined) return false;
    const dlosses = lowering.reshape(lowering.input(node, 0).planes, [1, logits.perChannel]);
    const weights = lowering.add(node, 'Mul', [dlosses, known], {});
    const perPixel = lowering.add(node, 'Div', [weights, kept.sum], {});
    const weighted = lowering.add(node, 'Mul', [kept.exponentials, perPixel], {});
    // Of a pixel's own class share - 1, the share being exp(-loss): put in place, since adding in
    // place takes half as long again.
    const share = lowering.add(node, 'Exp', [lowering.add(node, 'Neg', [kept.surplus], {})], {});
    const less = lowering.add(node, 'Sub', [share, lowering.scalar(1)], {});
    const own = lowering.add(node, 'Mul', [weights, less], {});
    const rows = lowering.add(node, 'ScatterElements', [weighted, indices, own], { axis: 0 });
    lowering.output(node).define('rows', rows);
    return true;
  },
} as const satisfies LoweringRules;
