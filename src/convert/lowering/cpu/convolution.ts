import type { Node, Value } from '../../../graph/graph.js';
import { blockedFilters } from './blocked-filters.js';
import type { Image } from './image.js';
import { type CpuLowering, isDepthwise, isPointwise, type LoweringRules } from './lowering.js';

/** [M, C, 1, 1] as a matrix, its rows multiplied by a factor where there is one. */
function matrix(lowering: CpuLowering, node: Node, weights: Value, factor?: Value): Value {
  const [filters = 1, channels = 1] = weights.shape;
  const plain = lowering.reshape(weights, [filters, channels]);
  if (factor === undefined) return plain;
  return lowering.add(node, 'Mul', [plain, lowering.reshape(factor, [filters, 1])], {});
}

function pointwise(lowering: CpuLowering, node: Node<'Conv'>): boolean {
  const x = lowering.input(node, 0);
  const weights = matrix(lowering, node, lowering.input(node, 1).planes);
  const filters = weights.shape[0] ?? 1;
  const bias = node.inputs[2] && lowering.reshape(lowering.input(node, 2).planes, [filters, 1]);
  const rows =
    bias === undefined
      ? lowering.add(node, 'MatMul', [weights, x.rows], {})
      : lowering.add(node, 'Gemm', [weights, x.rows, bias], {});
  lowering.output(node).define('rows', rows);
  return true;
}

function depthwise(lowering: CpuLowering, node: Node<'Conv'>): boolean {
  const x = lowering.input(node, 0);
  if (!x.blockable) return false;
  const weights = lowering.input(node, 1).planes;
  const { strides, dilations, pads } = node.attributes;
  const value = lowering.add(
    node,
    'BlockedConv',
    [x.blocked, blockedFilters(lowering, node, weights, x.batch)],
    {
      strides,
      dilations,
      pads,
      group: x.channels * x.batch,
      kernel_shape: weights.shape.slice(2),
    },
  );
  lowering.output(node).define('blocked', value);
  return true;
}

/** dx of a 1x1 convolution: the transposed matrix times dy. */
function pointwiseTransposed(lowering: CpuLowering, node: Node<'ConvTranspose'>): boolean {
  const { image, factor } = lowering.input(node, 0).unscaled;
  const weights = matrix(lowering, node, lowering.input(node, 1).planes, factor);
  const transposed = lowering.add(node, 'Transpose', [weights], { perm: [1, 0] });
  const rows = lowering.add(node, 'MatMul', [transposed, image.rows], {});
  lowering.output(node).define('rows', rows);
  return true;
}

/** dx of a depthwise convolution: dy, spread by the stride, with the filters turned by 180 degrees. */
function depthwiseTransposed(lowering: CpuLowering, node: Node<'ConvTranspose'>): boolean {
  const { image: dy, factor } = lowering.input(node, 0).unscaled;
  const dx = lowering.output(node);
  if (!dy.blockable) return false;
  const weights = lowering.input(node, 1).planes;
  const [channels = 1] = weights.shape;
  const scaled =
    factor === undefined
      ? weights
      : lowering.add(node, 'Mul', [weights, lowering.reshape(factor, [channels, 1, 1, 1])], {});
  const { strides, dilations, pads } = node.attributes;
  const kernel = weights.shape.slice(2);
  const extent = [0, 1].map((axis) => ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1));
  const spread = dy.size.map((length, axis) => length * (strides[axis] ?? 1));
  const starts = [0, 1].map((axis) => (extent[axis] ?? 0) - (pads[axis] ?? 0));
  const ends = dx.size.map(
    (length, axis) => length - (spread[axis] ?? 0) - (starts[axis] ?? 0) + (extent[axis] ?? 0),
  );
  if ([...starts, ...ends].some((pad) => pad < 0)) return false;
  const value = lowering.add(
    node,
    'BlockedConv',
    [
      spreadOut(lowering, node, dy, strides),
      blockedFilters(lowering, node, scaled, dy.batch, 'turned'),
    ],
    {
      dilations,
      pads: [...starts, ...ends],
      group: channels * dy.batch,
      kernel_shape: kernel,
    },
  );
  dx.define('blocked', value);
  return true;
}

/** A blocked image with stride - 1 zeros after each row and column. */
function spreadOut(
  lowering: CpuLowering,
  node: Node,
  image: Image,
  [rowStride = 1, columnStride = 1]: readonly number[],
): Value {
  if (rowStride === 1 && columnStride === 1) return image.blocked;
  const { block } = lowering;
  const count = image.channels * image.batch;
  const [height, width] = image.size;
  const pixels = lowering.reshape(image.blocked, [(count / block) * height, 1, width, block]);
  const amounts = [0, 0, 0, 0, 0, rowStride - 1, 0, (columnStride - 1) * block];
  const padded = lowering.add(node, 'Pad', [pixels, lowering.integers(amounts)], {});
  return lowering.reshape(padded, [1, count, height * rowStride, width * columnStride]);
}

/** Convolutions, and their gradients with respect to what they read. */
export const convolutionLowerings = {
  Conv: (lowering, node) => {
    const weights = node.inputs[1]?.shape ?? [];
    if (isPointwise(node.attributes, weights)) return pointwise(lowering, node);
    return isDepthwise(node) && depthwise(lowering, node);
  },
  ConvTranspose: (lowering, node) => {
    const weights = node.inputs[1]?.shape ?? [];
    if (node.inputs.length > 2) return false;
    if (isPointwise(node.attributes, weights)) return pointwiseTransposed(lowering, node);
    const depth = node.attributes.group === weights[0] && weights[1] === 1;
    return depth && node.attributes.group > 1 && depthwiseTransposed(lowering, node);
  },
} as const satisfies LoweringRules;
