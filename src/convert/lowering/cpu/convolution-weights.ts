import { elementCount, float32, type Shape, type TensorOf } from '../../../core/tensor.js';
import type { Node, Value } from '../../../graph/graph.js';
import { type CpuLowering, isPointwise, type LoweringRules } from './lowering.js';

function pointwiseWeights(lowering: CpuLowering, node: Node<'ConvWeightGradient'>): boolean {
  const x = lowering.input(node, 0);
  const { image: dy, factor } = lowering.input(node, 1).unscaled;
  const product = lowering.add(node, 'FusedMatMul', [dy.rows, x.rows], { transB: 1 });
  const shape = node.outputs[0]?.shape ?? [];
  lowering.output(node).define('planes', scaledFilters(lowering, node, product, factor, shape));
  return true;
}

function scaledFilters(
  lowering: CpuLowering,
  node: Node,
  product: Value,
  factor: Value | undefined,
  shape: readonly number[],
): Value {
  if (factor === undefined) return lowering.reshape(product, shape);
  // As a matrix: on shapes that end in 1 ONNX Runtime broadcasts element by element.
  const rows = lowering.reshape(product, [shape[0] ?? 1, elementCount(shape.slice(1))]);
  const column = lowering.reshape(factor, [shape[0] ?? 1, 1]);
  return lowering.reshape(lowering.add(node, 'Mul', [rows, column], {}), shape);
}

/**
 * dw of a depthwise convolution as one blocked depthwise convolution of x whose "kernel" is dy,
 * stride and dilation exchanged, summed over the batch.
 */
function depthwiseWeights(lowering: CpuLowering, node: Node<'ConvWeightGradient'>): boolean {
  const x = lowering.input(node, 0);
  const { image: dy, factor } = lowering.input(node, 1).unscaled;
  if (!x.blockable) return false;
  const { strides, dilations, pads, kernel_shape } = node.attributes;
  const count = x.channels * x.batch;
  const extent = dy.size;
  // The last rows of x that the strided window never reached must not make further taps.
  const end = (axis: 0 | 1): number => {
    const reach = ((extent[axis] ?? 1) - 1) * (strides[axis] ?? 1) + 1;
    const taps = ((kernel_shape[axis] ?? 1) - 1) * (dilations[axis] ?? 1);
    return taps + reach - (x.size[axis] ?? 1) - (pads[axis] ?? 0);
  };
  const ends = [end(0), end(1)] as const;
  if (ends.some((pad) => pad < 0)) return false;
  const correlated = lowering.add(
    node,
    'BlockedConv',
    [x.blocked, lowering.reshape(dy.blocked, [count, 1, ...extent])],
    {
      strides: dilations,
      dilations: strides,
      pads: [pads[0] ?? 0, pads[1] ?? 0, ...ends],
      group: count,
      kernel_shape: extent,
    },
  );
  const plain = lowering.add(node, 'ReorderOutput', [correlated], { channels: count });
  const split = lowering.reshape(plain, [x.channels, x.batch, ...kernel_shape]);
  const sum =
    x.batch === 1
      ? split
      : lowering.add(node, 'ReduceSum', [split, lowering.integers([1])], { keepdims: 1 });
  const shape = [x.channels, 1, ...kernel_shape];
  lowering.output(node).define('planes', scaledFilters(lowering, node, sum, factor, shape));
  return true;
}

/** Values of a patch up to which a convolution cuts patches out faster than slices do. */
const smallPatch = 160;

/**
 * dw of a convolution that reads few channels, such as the first of a network: a convolution with
 * filters of a single one each lays the patches of x out, [N, C kH kW, H W], and one matrix product
 * multiplies them with dy.
 */
function patchWeights(lowering: CpuLowering, node: Node<'ConvWeightGradient'>): boolean {
  const x = lowering.input(node, 0);
  const { image: dy, factor } = lowering.input(node, 1).unscaled;
  const { strides, dilations, pads, group, kernel_shape } = node.attributes;
  const taps = elementCount(kernel_shape);
  const values = x.channels * taps;
  if (group !== 1 || values > smallPatch) return false;
  const cutters = lowering.shared(`patches ${x.channels} ${kernel_shape.join(' ')}`, () =>
    patchCutters(x.channels, kernel_shape),
  );
  const patches = lowering.add(node, 'Conv', [x.planes, cutters], { strides, dilations, pads });
  const pixels = elementCount(dy.size);
  const sides = [
    lowering.reshape(dy.planes, [dy.batch, dy.channels, pixels]),
    lowering.reshape(patches, [x.batch, values, pixels]),
  ];
  const products = lowering.add(node, 'FusedMatMul', sides, { transB: 1 });
  const sum = lowering.add(node, 'ReduceSum', [products, lowering.integers([0])], { keepdims: 0 });
  const shape = node.outputs[0]?.shape ?? [];
  lowering.output(node).define('planes', scaledFilters(lowering, node, sum, factor, shape));
  return true;
}

/** [C kH kW, C, kH, kW]: of each filter one weight is 1, another one in each. */
function patchCutters(channels: number, kernel: Shape): TensorOf<'float32'> {
  const values = channels * elementCount(kernel);
  const ones = new Array<number>(values * values).fill(0);
  for (let at = 0; at < values; at++) ones[at * values + at] = 1;
  return float32([values, channels, ...kernel], ones);
}

/** Any other dw, with the factor that dy still wants applied to the small result instead. */
function denseWeights(lowering: CpuLowering, node: Node<'ConvWeightGradient'>): boolean {
  const { image: dy, factor } = lowering.input(node, 1).unscaled;
  const inputs = [lowering.input(node, 0).planes, dy.planes];
  const product = lowering.add(node, 'ConvWeightGradient', inputs, node.attributes);
  const value = scaledFilters(lowering, node, product, factor, product.shape);
  lowering.output(node).define('planes', value);
  return true;
}

/** Gradients of convolutions with respect to their weights. */
export const convolutionWeightLowerings = {
  ConvWeightGradient: (lowering, node) => {
    const weights = node.outputs[0]?.shape ?? [];
    if (isPointwise(node.attributes, weights)) return pointwiseWeights(lowering, node);
    const depth = node.attributes.group === weights[0] && weights[1] === 1;
    if (depth && node.attributes.group > 1 && depthwiseWeights(lowering, node)) return true;
    return patchWeights(lowering, node) || denseWeights(lowering, node);
  },
} as const satisfies LoweringRules;
