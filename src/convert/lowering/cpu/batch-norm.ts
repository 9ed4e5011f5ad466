import { float32 } from '../../../core/tensor.js';
import type { Node, Value } from '../../../graph/graph.js';
import type { Form, Image } from './image.js';
import type { CpuLowering, LoweringRules } from './lowering.js';

type BatchNormNode = Node<'BatchNormTraining' | 'BatchNormTrainingGradient'>;

/**
 * Elements per channel from which on variances come from sums of squares, one pass instead of
 * three. Below, where a channel has few elements and the difference of two sums cancels badly, they
 * are centred first.
 */
const manyElements = 256;

/**
 * [C, N] or [C N] and more axes of size 1, summed over the images of the batch and multiplied by a
 * factor: [C]. As a product with a column of the factor: a fourth of the time of `ReduceSum`.
 */
function overBatch(
  lowering: CpuLowering,
  node: Node,
  value: Value,
  image: Image,
  factor: number,
): Value {
  const { batch, channels } = image;
  const split = lowering.reshape(value, [channels, batch]);
  const column = lowering.shared(`column of ${batch}, ${factor}`, () =>
    float32([batch, 1], new Array<number>(batch).fill(factor)),
  );
  return lowering.reshape(lowering.add(node, 'MatMul', [split, column], {}), [channels]);
}

/** Sum of each channel times a factor, [C]. */
function sums(lowering: CpuLowering, node: Node, image: Image, form: Form, factor = 1): Value {
  if (form === 'blocked') {
    const means = lowering.add(node, 'BlockedGlobalAveragePool', [image.blocked], {});
    const pixels = image.perChannel / image.batch;
    return overBatch(lowering, node, means, image, factor * pixels);
  }
  const axis = lowering.integers([1]);
  const whole = lowering.add(node, 'ReduceSum', [image.rows, axis], { keepdims: 0 });
  return scaled(lowering, node, whole, factor);
}

function scaled(lowering: CpuLowering, node: Node, value: Value, factor: number): Value {
  return factor === 1 ? value : lowering.add(node, 'Mul', [value, lowering.scalar(factor)], {});
}

/** Sum of the products of two images times a factor, [C]. */
function products(
  lowering: CpuLowering,
  node: Node,
  [a, b]: readonly [Image, Image],
  form: Form,
  factor = 1,
): Value {
  if (form === 'blocked') {
    // A depthwise convolution whose "kernel" is the other image, at its only position.
    const count = a.channels * a.batch;
    const [, , height = 1, width = 1] = b.shape;
    const kernel = lowering.reshape(b.blocked, [count, 1, height, width]);
    const dots = lowering.add(node, 'BlockedConv', [a.blocked, kernel], {
      group: count,
      kernel_shape: [height, width],
    });
    return overBatch(lowering, node, dots, a, factor);
  }
  const [left, right] = [a, b].map(({ rows }) =>
    lowering.reshape(rows, [a.channels, 1, a.perChannel]),
  );
  const dots = lowering.add(node, 'FusedMatMul', [left, right], { transB: 1 });
  return scaled(lowering, node, lowering.reshape(dots, [a.channels]), factor);
}

function inverseDeviation(lowering: CpuLowering, node: BatchNormNode, variance: Value): Value {
  const epsilon = lowering.scalar(node.attributes.epsilon);
  const spread = lowering.add(node, 'Add', [variance, epsilon], {});
  const root = lowering.add(node, 'Sqrt', [spread], {});
  return lowering.add(node, 'Reciprocal', [root], {});
}

/** The form in which per-channel arithmetic on an image is cheapest. */
function usualForm(image: Image): 'rows' | 'blocked' {
  return image.has('blocked') ? 'blocked' : 'rows';
}

function moments(
  lowering: CpuLowering,
  node: BatchNormNode,
  x: Image,
): { readonly mean: Value; readonly variance: Value } {
  if (x.perChannel < manyElements) {
    const mean = lowering.add(node, 'ReduceMean', [x.rows], { axes: [1], keepdims: 1 });
    const centred = lowering.add(node, 'Sub', [x.rows, mean], {});
    const squares = lowering.add(node, 'Mul', [centred, centred], {});
    const variance = lowering.add(node, 'ReduceMean', [squares], { axes: [1], keepdims: 0 });
    return { mean: lowering.reshape(mean, [x.channels]), variance };
  }
  const form = usualForm(x);
  const share = 1 / x.perChannel;
  const mean = sums(lowering, node, x, form, share);
  const second = products(lowering, node, [x, x], form, share);
  const square = lowering.add(node, 'Mul', [mean, mean], {});
  const difference = lowering.add(node, 'Sub', [second, square], {});
  return { mean, variance: lowering.add(node, 'Relu', [difference], {}) };
}

/** Batch norm with the batch's own statistics, forward and backward. */
export const batchNormLowerings = {
  BatchNormTraining: (lowering, node) => {
    const x = lowering.input(node, 0);
    const [gamma, beta] = [lowering.input(node, 1).planes, lowering.input(node, 2).planes];
    const { mean, variance } = moments(lowering, node, x);
    const inverse = inverseDeviation(lowering, node, variance);
    const factor = lowering.add(node, 'Mul', [gamma, inverse], {});
    const shift = lowering.add(node, 'Mul', [mean, factor], {});
    const offset = lowering.add(node, 'Sub', [beta, shift], {});
    const blocked = x.has('blocked') || (lowering.wantsBlocked(node.outputs[0]) && x.blockable);
    const form = blocked ? 'blocked' : 'rows';
    lowering.output(node).defineAffine({ source: x, form, factor, offset });
    lowering.output(node, 1).define('planes', mean);
    lowering.output(node, 2).define('planes', variance);
    return true;
  },
  /**
   * dx = factor (dy + slope x + offset) per channel, with slope = -dgamma / (m s) and
   * offset = -dbeta / m - slope mean; the factor gamma / s is left to the convolution's gradients.
   */
  BatchNormTrainingGradient: (lowering, node) => {
    const [dy, x] = [lowering.input(node, 0), lowering.input(node, 1)];
    const [gamma, mean, variance] = [2, 3, 4].map((at) => lowering.input(node, at).planes);
    if (gamma === undefined || mean === undefined || variance === undefined) return false;
    const form = x.blockable ? usualForm(x) : 'rows';
    const dbeta = sums(lowering, node, dy, form);
    const along = products(lowering, node, [dy, x], form);
    const inverse = inverseDeviation(lowering, node, variance);
    const offMean = lowering.add(node, 'Mul', [mean, dbeta], {});
    const centred = lowering.add(node, 'Sub', [along, offMean], {});
    const dgamma = lowering.add(node, 'Mul', [centred, inverse], {});
    const share = lowering.scalar(-1 / x.perChannel);
    const step = lowering.add(node, 'Mul', [inverse, share], {});
    const slope = lowering.add(node, 'Mul', [step, dgamma], {});
    const shift = lowering.add(node, 'Mul', [dbeta, share], {});
    const drift = lowering.add(node, 'Mul', [slope, mean], {});
    const offset = lowering.add(node, 'Sub', [shift, drift], {});
    const free = lowering.image({ ...lowering.value(node.outputs[0], node) });
    free.define(form, combine(lowering, node, { dy, x, form, slope, offset }));
    const factor = lowering.add(node, 'Mul', [gamma, inverse], {});
    lowering.output(node).defineScaled({ image: free, factor });
    lowering.output(node, 1).define('planes', dgamma);
    lowering.output(node, 2).define('planes', dbeta);
    return true;
  },
} as const satisfies LoweringRules;

/** dy + slope x + offset. */
function combine(
  lowering: CpuLowering,
  node: Node,
  {
    dy,
    x,
    form,
    slope,
    offset,
  }: {
    readonly dy: Image;
    readonly x: Image;
    readonly form: 'rows' | 'blocked';
    readonly slope: Value;
    readonly offset: Value;
  },
): Value {
  if (form === 'blocked') {
    const count = x.channels * x.batch;
    const weights = lowering.reshape(lowering.perPlane(slope, x.batch), [count, 1, 1, 1]);
    return lowering.add(
      node,
      'BlockedConv',
      [x.blocked, weights, lowering.perPlane(offset, x.batch), dy.blocked],
      { group: count, kernel_shape: [1, 1] },
    );
  }
  const scaled = lowering.add(node, 'Mul', [x.rows, lowering.perChannel(slope, x, 'rows')], {});
  const sum = lowering.add(node, 'Add', [scaled, dy.rows], {});
  return lowering.add(node, 'Add', [sum, lowering.perChannel(offset, x, 'rows')], {});
}
