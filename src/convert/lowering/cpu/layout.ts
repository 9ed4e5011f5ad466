import { axisMatrix, linearTaps } from '../../../graph/axis-map.js';
import type { Node, Value } from '../../../graph/graph.js';
import type { CpuLowering, LoweringRules } from './lowering.js';

function perRow(node: Node, position = 0): readonly [number, number, number, number] {
  const [batch = 1, channels = 1, height = 1, width = 1] = node.inputs[position]?.shape ?? [];
  return [batch, channels, height, width];
}

/** Mean or sum over the image of each channel and picture, [N, C, 1, 1]. */
function overImage(
  lowering: CpuLowering,
  node: Node<'GlobalAveragePool' | 'ReduceMean' | 'ReduceSum'>,
  op: 'mean' | 'sum',
): boolean {
  const x = lowering.input(node, 0);
  const [batch, channels, height, width] = perRow(node);
  const split = lowering.reshape(x.rows, [channels, batch, height * width]);
  const value =
    op === 'mean'
      ? lowering.add(node, 'ReduceMean', [split], { axes: [2], keepdims: 0 })
      : lowering.add(node, 'ReduceSum', [split, lowering.integers([2])], { keepdims: 0 });
  lowering.output(node).define('rows', value);
  return true;
}

function isOverImage(node: Node, axes: readonly number[] | undefined, keepdims: number): boolean {
  const rank4 = node.inputs[0]?.shape.length === 4;
  const sorted = [...(axes ?? [])].map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  return rank4 && keepdims === 1 && sorted.length === 2 && sorted[0] === 2 && sorted[1] === 3;
}

/** A matrix times every plane of an image, or every plane times a matrix. */
function matrixAlongPlane(lowering: CpuLowering, node: Node<'MatMul'>): boolean {
  const [a, b] = node.inputs;
  const [left, right] = [a?.shape.length, b?.shape.length];
  const whole = node.outputs[0]?.shape ?? [];
  const position = left === 4 && right === 2 ? 0 : left === 2 && right === 4 ? 1 : undefined;
  if (position === undefined) return false;
  const image = lowering.input(node, position);
  if (image.has('planes') && !image.has('rows')) return false;
  const [batch, channels, height, width] = perRow(node, position);
  const planes = lowering.reshape(image.rows, [channels * batch, height, width]);
  const matrix = lowering.input(node, 1 - position).planes;
  const inputs = position === 0 ? [planes, matrix] : [matrix, planes];
  const value = lowering.add(node, 'MatMul', inputs, {});
  const perChannel = batch * (whole[2] ?? 1) * (whole[3] ?? 1);
  lowering.output(node).define('rows', lowering.reshape(value, [channels, perChannel]));
  return true;
}

/** Bilinear resize as two matrix products with constant interpolation matrices. */
function resize(lowering: CpuLowering, node: Node<'Resize'>): boolean {
  const [batch, channels, height, width] = perRow(node);
  const [outBatch, outChannels, outHeight = 1, outWidth = 1] = node.outputs[0]?.shape ?? [];
  const { mode, coordinate_transformation_mode } = node.attributes;
  const sameOthers = outBatch === batch && outChannels === channels;
  if (mode !== 'linear' || !sameOthers || coordinate_transformation_mode !== 'align_corners') {
    return false;
  }
  const image = lowering.input(node, 0);
  const down = alignedInterpolation(lowering, node, height, outHeight);
  const across = alignedInterpolation(lowering, node, width, outWidth);
  const planes = lowering.reshape(image.rows, [channels * batch, height, width]);
  const transposed = lowering.add(node, 'Transpose', [across], { perm: [1, 0] });
  const wide = lowering.add(node, 'MatMul', [planes, transposed], {});
  const value = lowering.add(node, 'MatMul', [down, wide], {});
  const perChannel = batch * outHeight * outWidth;
  lowering.output(node).define('rows', lowering.reshape(value, [channels, perChannel]));
  return true;
}

/**
 * The matrix [to, from] of linear interpolation between aligned corners: row i has the weights of a
 * sample at i (from - 1) / (to - 1).
 */
function alignedInterpolation(
  { builder }: CpuLowering,
  { name }: Node,
  from: number,
  to: number,
): Value {
  const scale = to === 1 ? 0 : (from - 1) / (to - 1);
  const taps = Array.from({ length: to }, (_, sample) => linearTaps(from, sample * scale));
  const data = Float32Array.from(axisMatrix({ size: from, taps }));
  return builder.constant({ dtype: 'float32', shape: [to, from], data }, `${name}/interpolation`);
}

/** Operators that move values about, and those along the image axes. */
export const layoutLowerings = {
  Concat: (lowering, node) => {
    const { axis } = node.attributes;
    const images = node.inputs.map((_, at) => lowering.input(node, at));
    const asRows = images.some((image) => image.has('rows') || !image.has('planes'));
    if (axis !== 1 || !asRows || images.some(({ shape }) => shape.length !== 4)) return false;
    const rows = images.map((image) => image.rows);
    lowering.output(node).define('rows', lowering.add(node, 'Concat', rows, { axis: 0 }));
    return true;
  },
  Slice: (lowering, node) => {
    const [starts, ends, axes, steps] = [1, 2, 3, 4].map((at) => node.inputs[at]?.constant?.data);
    const image = lowering.input(node, 0);
    const channels = axes?.length === 1 && Number(axes[0]) === 1 && Number(steps?.[0] ?? 1) === 1;
    if (!channels || image.shape.length !== 4 || (image.has('planes') && !image.has('rows'))) {
      return false;
    }
    const limits = [starts, ends].map((data) => lowering.integers([Number(data?.[0] ?? 0)]));
    const [from, to] = limits;
    const rows = lowering.add(node, 'Slice', [image.rows, from, to, lowering.integers([0])], {});
    lowering.output(node).define('rows', rows);
    return true;
  },
  Expand: (lowering, node) => {
    const [batch, channels, height, width] = perRow(node);
    const image = lowering.input(node, 0);
    const whole = node.outputs[0]?.shape ?? [];
    const spreads = height === 1 && width === 1 && whole[0] === batch && whole[1] === channels;
    if (!spreads || whole.length !== 4 || (image.has('planes') && !image.has('rows'))) return false;
    const pixels = (whole[2] ?? 1) * (whole[3] ?? 1);
    const split = lowering.reshape(image.rows, [channels, batch, 1]);
    const shape = lowering.integers([channels, batch, pixels]);
    const value = lowering.add(node, 'Expand', [split, shape], {});
    lowering.output(node).define('rows', lowering.reshape(value, [channels, batch * pixels]));
    return true;
  },
  GlobalAveragePool: (lowering, node) => overImage(lowering, node, 'mean'),
  ReduceMean: (lowering, node) => {
    const { axes, keepdims } = node.attributes;
    return isOverImage(node, axes, keepdims) && overImage(lowering, node, 'mean');
  },
  ReduceSum: (lowering, node) => {
    const image = lowering.input(node, 0);
    if (image.shape.length !== 4 || (image.has('planes') && !image.has('rows'))) return false;
    const axes = [...(node.inputs[1]?.constant?.data ?? [])].map(Number);
    const { keepdims } = node.attributes;
    if (isOverImage(node, axes, keepdims)) return overImage(lowering, node, 'sum');
    const biases = axes.length === 3 && axes.every((axis, at) => axis === [0, 2, 3][at]);
    if (!biases || keepdims !== 0) return false;
    const sums = lowering.add(node, 'ReduceSum', [image.rows, lowering.integers([1])], {
      keepdims: 0,
    });
    lowering.output(node).define('planes', sums);
    return true;
  },
  MatMul: matrixAlongPlane,
  Resize: resize,
} as const satisfies LoweringRules;
