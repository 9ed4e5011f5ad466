import { formatShape, type Shape, sameShape, toNumbers } from '../../core/tensor.js';
import type { Value } from '../graph.js';
import type { OperatorName } from '../operators.js';
import type { OperatorCall, ShapeRules, ValueType } from './operator-call.js';

/** Channels of a block in the blocked layout are a multiple of this on every processor. */
const leastBlock = 8;

function requireShape(call: OperatorCall, position: number, shape: Shape): Value {
  const value = call.input(position);
  if (!sameShape(value.shape, shape)) {
    call.fail(
      `input ${position} has the wrong shape`,
      formatShape(shape),
      formatShape(value.shape),
    );
  }
  return value;
}

function requireFloat(call: OperatorCall, ...positions: readonly number[]): void {
  for (const position of positions) call.requireDtype(position, 'float32');
}

function float(shape: Shape): ValueType {
  return { dtype: 'float32', shape };
}

function perChannelInputs(call: OperatorCall, positions: readonly number[]): number {
  const channels = call.inputOfRank(0, 4).shape[1] ?? 0;
  for (const position of positions) requireShape(call, position, [channels]);
  return channels;
}

/** Logits [N, C, H, W] with labels [N, H, W]. */
function labelledShape(call: OperatorCall, logits: number, labels: number): Shape {
  const [batch = 0, , height = 0, width = 0] = call.inputOfRank(logits, 4).shape;
  const shape = [batch, height, width];
  requireShape(call, labels, shape);
  call.requireDtype(labels, 'int64');
  return shape;
}

/** Indices into one axis of input 0, of its rank; those that are known must lie inside. */
function requireIndices(call: OperatorCall<'GatherElements' | 'ScatterElements'>): Value {
  const { shape } = call.input(0);
  const indices = call.inputOfRank(1, shape.length);
  call.requireDtype(1, 'int64', 'int32');
  const axis = call.axis(call.attributes.axis, shape.length);
  const size = shape[axis] ?? 0;
  const isLarger = (own: number, at: number) => at !== axis && own > (shape[at] ?? 0);
  if (indices.shape.some(isLarger)) {
    const problem = 'the indices are larger than the data beside their axis';
    call.fail(problem, `at most ${formatShape(shape)}`, formatShape(indices.shape));
  }
  const { constant } = indices;
  const outside = constant && toNumbers(constant).find((at) => at < -size || at >= size);
  if (outside !== undefined) {
    call.fail('an index lies outside', `-${size} to ${size - 1}`, `${outside}`);
  }
  return indices;
}

/** Size along an axis of what a transposed window of these settings was slid over. */
function correlated(call: OperatorCall<'ConvWeightGradient'>): Shape {
  const { kernel_shape, group, strides, dilations, pads } = call.attributes;
  const x = call.inputOfRank(0, 4);
  const dy = call.inputOfRank(1, 4);
  const [batch = 0, channels = 0] = x.shape;
  const [outBatch = 0, filters = 0] = dy.shape;
  if (outBatch !== batch) call.fail('the batches differ', `${batch}`, `${outBatch}`);
  if (channels % group !== 0 || filters % group !== 0) {
    call.fail(
      'the channels do not divide into groups',
      `multiples of ${group}`,
      formatShape([channels, filters]),
    );
  }
  for (const axis of [0, 1]) {
    const extent = ((kernel_shape[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const padded = (x.shape[axis + 2] ?? 0) + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
    const expected = Math.floor((padded - extent) / (strides[axis] ?? 1)) + 1;
    const found = dy.shape[axis + 2] ?? 0;
    if (found !== expected) {
      call.fail('the gradient is not of this convolution', `size ${expected}`, `${found}`);
    }
  }
  return [filters, channels / group, ...kernel_shape];
}

/** Demands one gradient for each window of a pool over x. */
function requireWindows(call: OperatorCall<'MaxPoolGradient'>): Shape {
  const { kernel_shape, strides, dilations, pads } = call.attributes;
  const roundUp = call.flag('ceil_mode', call.attributes.ceil_mode);
  const { shape } = call.inputOfRank(1, 4);
  const windows = [0, 1].map((axis) => {
    const stride = strides[axis] ?? 1;
    const extent = ((kernel_shape[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const size = (shape[axis + 2] ?? 0) + (pads[axis] ?? 0);
    const steps = (size + (pads[axis + 2] ?? 0) - extent) / stride;
    const last = roundUp ? Math.ceil(steps) : Math.floor(steps);
    // A last window that would start in the padding on the far side is dropped.
    return roundUp && last * stride >= size ? last : last + 1;
  });
  requireShape(call, 0, [...shape.slice(0, 2), ...windows]);
  return shape;
}

/** Operators of training, composite ones and those that they are expanded into. */
export const trainingRules = {
  ConvWeightGradient: (call) => {
    requireFloat(call, 0, 1);
    return [float(correlated(call))];
  },
  ClipGradient: (call) => {
    requireFloat(call, 0, 1);
    return [float(requireShape(call, 0, call.input(1).shape).shape)];
  },
  MaxPoolGradient: (call) => {
    requireFloat(call, 0, 1);
    return [float(requireWindows(call))];
  },
  BatchNormTraining: (call) => {
    requireFloat(call, 0, 1, 2);
    const channels = perChannelInputs(call, [1, 2]);
    return [float(call.input(0).shape), float([channels]), float([channels])];
  },
  BatchNormTrainingGradient: (call) => {
    requireFloat(call, 0, 1, 2, 3, 4);
    const channels = perChannelInputs(call, [2, 3, 4]);
    requireShape(call, 1, call.input(0).shape);
    return [float(call.input(0).shape), float([channels]), float([channels])];
  },
  SoftmaxCrossEntropy: (call) => {
    requireFloat(call, 0);
    const shape = labelledShape(call, 0, 1);
    return [float(shape), float(shape)];
  },
  SoftmaxCrossEntropyGradient: (call) => {
    requireFloat(call, 0, 1, 3);
    const shape = labelledShape(call, 1, 2);
    requireShape(call, 0, shape);
    requireShape(call, 3, shape);
    return [float(call.input(1).shape)];
  },
  GatherElements: (call) => {
    return [{ dtype: call.input(0).dtype, shape: requireIndices(call).shape }];
  },
  ScatterElements: (call) => {
    const { dtype, shape } = call.input(0);
    requireShape(call, 2, requireIndices(call).shape);
    call.requireSameDtype(0, 2);
    call.requireChoice('reduction', call.attributes.reduction, ['none', 'add', 'mul']);
    return [{ dtype, shape }];
  },
  TopK: (call) => {
    const { dtype, shape } = call.input(0);
    const { axis, largest, sorted } = call.attributes;
    call.requireDtype(0, 'float32', 'float64', 'int32', 'int64');
    call.flag('largest', largest);
    call.flag('sorted', sorted);
    const own = call.axis(axis, shape.length);
    const [count = -1, ...more] = call.constantIntegers(1, 'number of elements kept');
    if (more.length > 0 || count < 0 || count > (shape[own] ?? 0)) {
      call.fail('the number of elements kept is out of range', `0 to ${shape[own]}`, `${count}`);
    }
    const kept = shape.map((size, at) => (at === own ? count : size));
    return [
      { dtype, shape: kept },
      { dtype: 'int64', shape: kept },
    ];
  },
  CumSum: (call) => {
    const { dtype, shape } = call.input(0);
    call.requireDtype(0, 'float32', 'float64', 'int32', 'int64');
    call.flag('exclusive', call.attributes.exclusive);
    call.flag('reverse', call.attributes.reverse);
    const [axis = 0, ...more] = call.constantIntegers(1, 'axis', ['int64', 'int32']);
    if (more.length > 0) call.fail('more than one axis');
    call.axis(axis, shape.length);
    return [{ dtype, shape }];
  },
  FusedMatMul: (call) => {
    requireFloat(call, 0, 1);
    const { transA, transB } = call.attributes;
    const rank = call.input(0).shape.length;
    const a = call.input(0).shape;
    const b = call.inputOfRank(1, rank).shape;
    if (rank < 2) call.fail('a matrix has two axes', 'rank 2 or more', `${rank}`);
    const batch = a.slice(0, -2);
    if (!sameShape(batch, b.slice(0, -2))) {
      call.fail('the batches differ', formatShape(batch), formatShape(b.slice(0, -2)));
    }
    const [rows = 0, inner = 0] = call.flag('transA', transA) ? a.slice(-2).reverse() : a.slice(-2);
    const [also = 0, columns = 0] = call.flag('transB', transB)
      ? b.slice(-2).reverse()
      : b.slice(-2);
    if (inner !== also) call.fail('the inner sizes differ', `${inner}`, `${also}`);
    return [float([...batch, rows, columns])];
  },
  ReorderInput: (call) => {
    requireFloat(call, 0);
    const { shape } = call.inputOfRank(0, 4);
    if ((shape[1] ?? 0) % leastBlock !== 0) {
      call.fail('the channels do not fill blocks', `a multiple of ${leastBlock}`, `${shape[1]}`);
    }
    return [float(shape)];
  },
  ReorderOutput: (call) => {
    requireFloat(call, 0);
    const [batch = 0, channels = 0, ...size] = call.inputOfRank(0, 4).shape;
    const kept = call.attributes.channels;
    if (kept < 1 || kept > channels) {
      call.fail('channels is out of range', `1 to ${channels}`, `${kept}`);
    }
    return [float([batch, kept, ...size])];
  },
  BlockedConv: (call) => {
    const x = call.inputOfRank(0, 4);
    const [filters = 0, perGroup = 0] = call.inputOfRank(1, 4).shape;
    const { group, kernel_shape, strides, dilations, pads } = call.attributes;
    const [batch = 0, channels = 0] = x.shape;
    if (perGroup * group !== channels) {
      call.fail('weights and input disagree on the channels', `${perGroup * group}`, `${channels}`);
    }
    const size = [0, 1].map((axis) => {
      const extent = ((kernel_shape[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
      const padded = (x.shape[axis + 2] ?? 0) + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
      return Math.floor((padded - extent) / (strides[axis] ?? 1)) + 1;
    });
    if (size.some((side) => side < 1)) {
      call.fail('the window is larger than the padded input', undefined, formatShape(kernel_shape));
    }
    if (call.optionalInput(2) !== undefined) requireShape(call, 2, [filters]);
    const shape = [batch, filters, ...size];
    if (call.optionalInput(3) !== undefined) requireShape(call, 3, shape);
    return [float(shape)];
  },
  BlockedGlobalAveragePool: (call) => {
    requireFloat(call, 0);
    const [batch = 0, channels = 0] = call.inputOfRank(0, 4).shape;
    return [float([batch, channels, 1, 1])];
  },
} as const satisfies Partial<ShapeRules<OperatorName>>;
