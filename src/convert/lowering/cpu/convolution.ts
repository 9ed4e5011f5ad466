import { elementCount } from '../../../core/tensor.js';
import type { Node, Value } from '../../../graph/graph.js';
import type { Image } from './image.js';
import { type CpuLowering, isDepthwise, isPointwise, type LoweringRules } from './lowering.js';

/** [M, C, 1, 1] as a matrix, its rows multiplied by a factor where there is one. */
function matrix(lowering: CpuLowering, node: Node, weights: Value, factor?: Value): Value {
  const [filters = 1, channels = 1] = weights.shape;
  const plain = lowering.reshape(weights, [filters, channels]);
  if (factor === undefined) return plain;
  return lowering.add(node, 'Mul', [plain, lowering.reshape(factor, [filters, 1])], {});
}

/** Depthwise weights [C, 1, kH, kW] for every plane of the batch, in blocked layout. */
function blockedFilters(lowering: CpuLowering, node: Node, weights: Value, batch: number): Value {
  const [channels = 1, , height = 1, width = 1] = weights.shape;
  const taps = height * width;
  const count = channels * batch;
  const { block } = lowering;
  const last = (value: Value) => lowering.add(node, 'Transpose', [value], { perm: [0, 2, 1] });
  if (block % batch === 0) {
    // Each block has all images of a few channels: put in order first, while there are fewer.
    const few = block / batch;
    const blocks = last(lowering.reshape(weights, [channels / few, few, taps]));
    const flat = lowering.reshape(blocks, [channels * taps]);
    return lowering.reshape(lowering.perPlane(flat, batch), [count, 1, height, width]);
  }
  const flat = lowering.reshape(weights, [channels, 1, taps]);
  const target = lowering.integers([channels, batch, taps]);
  const planes = lowering.add(node, 'Expand', [flat, target], {});
  const blocks = last(lowering.reshape(planes, [count / block, block, taps]));
  return lowering.reshape(blocks, [count, 1, height, width]);
}

function size(image: Image): readonly [number, number] {
  return [image.shape[2] ?? 1, image.shape[3] ?? 1];
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
  const spread = size(dy).map((length, axis) => length * (strides[axis] ?? 1));
  const starts = [0, 1].map((axis) => (extent[axis] ?? 0) - (pads[axis] ?? 0));
  const ends = size(dx).map(
    (length, axis) => length - (spread[axis] ?? 0) - (starts[axis] ?? 0) + (extent[axis] ?? 0),
  );
  if ([...starts, ...ends].some((pad) => pad < 0)) return false;
  const turned = turn(lowering, node, scaled);
  const value = lowering.add(
    node,
    'BlockedConv',
    [spreadOut(lowering, node, dy, strides), blockedFilters(lowering, node, turned, dy.batch)],
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
  const [height, width] = size(image);
  const pixels = lowering.reshape(image.blocked, [(count / block) * height, 1, width, block]);
  const amounts = [0, 0, 0, 0, 0, rowStride - 1, 0, (columnStride - 1) * block];
  const padded = lowering.add(node, 'Pad', [pixels, lowering.integers(amounts)], {});
  return lowering.reshape(padded, [1, count, height * rowStride, width * columnStride]);
}

function turn(lowering: CpuLowering, node: Node, weights: Value): Value {
  const [channels = 1, , height = 1, width = 1] = weights.shape;
  const taps = height * width;
  const order = lowering.integers(Array.from({ length: taps }, (_, at) => taps - 1 - at));
  const flat = lowering.reshape(weights, [channels, taps]);
  const turned = lowering.add(node, 'Gather', [flat, order], { axis: 1 });
  return lowering.reshape(turned, [channels, 1, height, width]);
}

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
  const extent = size(dy);
  // The last rows of x that the strided window never reached must not make further taps.
  const end = (axis: 0 | 1): number => {
    const reach = ((extent[axis] ?? 1) - 1) * (strides[axis] ?? 1) + 1;
    const taps = ((kernel_shape[axis] ?? 1) - 1) * (dilations[axis] ?? 1);
    return taps + reach - (size(x)[axis] ?? 1) - (pads[axis] ?? 0);
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

/** Any other dw, with the factor that dy still wants applied to the small result instead. */
function denseWeights(lowering: CpuLowering, node: Node<'ConvWeightGradient'>): boolean {
  const { image: dy, factor } = lowering.input(node, 1).unscaled;
  const inputs = [lowering.input(node, 0).planes, dy.planes];
  const product = lowering.add(node, 'ConvWeightGradient', inputs, node.attributes);
  const value = scaledFilters(lowering, node, product, factor, product.shape);
  lowering.output(node).define('planes', value);
  return true;
}

/** Convolutions and their gradients. */
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
  ConvWeightGradient: (lowering, node) => {
    const weights = node.outputs[0]?.shape ?? [];
    if (isPointwise(node.attributes, weights)) return pointwiseWeights(lowering, node);
    const depth = node.attributes.group === weights[0] && weights[1] === 1;
    if (depth && node.attributes.group > 1 && depthwiseWeights(lowering, node)) return true;
    return denseWeights(lowering, node);
  },
} as const satisfies LoweringRules;
