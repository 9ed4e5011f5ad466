import { formatShape } from '../../core/tensor.js';
import type { Value } from '../graph.js';
import type { OperatorName } from '../operators.js';
import { bytes, floating } from './element-types.js';
import { sameAsInput } from './elementwise.js';
import type { OperatorCall, ShapeRules, ValueType } from './operator-call.js';
import { requireScalars, requireStored, requireStoredLike } from './quantisation.js';

type Pair = readonly [number, number];

/** How a window moves over the two image axes. */
interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly ceil: boolean;
}

function pair(call: OperatorCall, values: readonly number[], name: string, least: number): Pair {
  const [height, width] = values;
  if (values.length !== 2 || height === undefined || width === undefined) {
    return call.fail(`${name} must be a pair`, '[height, width]', formatShape(values));
  }
  if (!values.every((value) => Number.isInteger(value) && value >= least)) {
    call.fail(`${name} is out of range`, `whole numbers from ${least}`, formatShape(values));
  }
  return [height, width];
}

function padsOf(call: OperatorCall, pads: readonly number[]): Window['pads'] {
  const [top, left, bottom, right] = pads;
  if (
    pads.length !== 4 ||
    top === undefined ||
    left === undefined ||
    bottom === undefined ||
    right === undefined
  ) {
    return call.fail('pads must be four', '[top, left, bottom, right]', formatShape(pads));
  }
  if (!pads.every((amount) => Number.isInteger(amount) && amount >= 0)) {
    call.fail('pads are out of range', 'whole numbers from 0', formatShape(pads));
  }
  return [top, left, bottom, right];
}

/** Output size along both image axes of a window moved over an input of this size. */
function slide(call: OperatorCall, size: Pair, window: Window): Pair {
  const along = (axis: 0 | 1): number => {
    const padded = size[axis] + window.pads[axis] + window.pads[axis === 0 ? 2 : 3];
    const extent = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    const steps = (padded - extent) / window.strides[axis];
    if (steps < 0) {
      call.fail(
        'the window is larger than the padded input',
        `at least ${extent} along the ${axis === 0 ? 'height' : 'width'}`,
        `${padded}`,
      );
    }
    const count = (window.ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A last window that would start in the padding on the far side is dropped.
    const startsInside = (count - 1) * window.strides[axis] < size[axis] + window.pads[axis];
    return window.ceil && !startsInside ? count - 1 : count;
  };
  return [along(0), along(1)];
}

function imageSize(value: Value): Pair {
  const [, , height = 0, width = 0] = value.shape;
  return [height, width];
}

function convolve(
  call: OperatorCall<'Conv'> | OperatorCall<'QLinearConv'>,
  input: Value,
  weights: Value,
  bias: Value | undefined,
): readonly number[] {
  const { group, strides, dilations, pads } = call.attributes;
  requireGroups(call, group);
  const [batch = 0, channels = 0] = input.shape;
  const [filters = 0, perGroup = 0, kernelHeight = 0, kernelWidth = 0] = weights.shape;
  if (perGroup * group !== channels) {
    call.fail(
      'weights and input disagree on the channels',
      `${perGroup} x ${group} groups = ${perGroup * group}`,
      `${channels}`,
    );
  }
  if (filters % group !== 0) {
    call.fail('the filters do not divide into groups', `a multiple of ${group}`, `${filters}`);
  }
  requireBias(call, bias, filters);
  const size = slide(call, imageSize(input), {
    kernel: [kernelHeight, kernelWidth],
    strides: pair(call, strides, 'strides', 1),
    dilations: pair(call, dilations, 'dilations', 1),
    pads: padsOf(call, pads),
    ceil: false,
  });
  return [batch, filters, ...size];
}

function requireGroups(call: OperatorCall, group: number): void {
  if (!(Number.isInteger(group) && group >= 1)) {
    call.fail('group is out of range', 'a whole number from 1', `${group}`);
  }
}

/** Demands floating-point input, weights and bias of one type. */
function requireFloating(call: OperatorCall): void {
  call.requireDtype(0, ...floating);
  call.requireSameDtype(0, 1);
  if (call.optionalInput(2) !== undefined) call.requireSameDtype(0, 2);
}

function requireBias(call: OperatorCall, bias: Value | undefined, filters: number): void {
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== filters)) {
    call.fail('the bias does not fit the filters', `[${filters}]`, formatShape(bias.shape));
  }
}

function pool(
  call: OperatorCall<'MaxPool'> | OperatorCall<'AveragePool'> | OperatorCall<'QLinearAveragePool'>,
  size: Pair,
  dilations: Pair,
): Pair {
  const { kernel_shape, strides, ceil_mode } = call.attributes;
  const kernel = pair(call, kernel_shape, 'kernel_shape', 1);
  const pads = padsOf(call, call.attributes.pads);
  if (pads.some((amount, side) => amount >= (kernel[side % 2] ?? 0))) {
    call.fail('the padding is no smaller than the kernel', formatShape(kernel), formatShape(pads));
  }
  return slide(call, size, {
    kernel,
    strides: pair(call, strides, 'strides', 1),
    dilations,
    pads,
    ceil: call.flag('ceil_mode', ceil_mode),
  });
}

function planarPool(
  call: OperatorCall<'MaxPool'> | OperatorCall<'AveragePool'>,
  dilations: Pair,
): readonly ValueType[] {
  const input = call.inputOfRank(0, 4);
  const [batch = 0, channels = 0] = input.shape;
  return [
    { dtype: input.dtype, shape: [batch, channels, ...pool(call, imageSize(input), dilations)] },
  ];
}

function poolWholeImage(call: OperatorCall): readonly ValueType[] {
  call.requireDtype(0, ...floating);
  const { dtype, shape } = call.inputOfRank(0, 4);
  return [{ dtype, shape: [shape[0] ?? 0, shape[1] ?? 0, 1, 1] }];
}

/** A pool of 8-bit images whose channels come before or after the image axes. */
function storedPool(
  call: OperatorCall<'QLinearAveragePool'> | OperatorCall<'QLinearGlobalAveragePool'>,
  sizeOf: (size: Pair) => Pair,
): readonly ValueType[] {
  requireStored(call, 0);
  requireStoredLike(call, 3, 0);
  const { dtype, shape } = call.inputOfRank(0, 4);
  const [batch = 0, a = 0, b = 0, c = 0] = shape;
  return call.flag('channels_last', call.attributes.channels_last)
    ? [{ dtype, shape: [batch, ...sizeOf([a, b]), c] }]
    : [{ dtype, shape: [batch, a, ...sizeOf([b, c])] }];
}

/** Convolutions, pooling and batch norm: [N, C, H, W] in and out. */
export const convolutionRules = {
  Conv: (call) => {
    const input = call.inputOfRank(0, 4);
    const shape = convolve(call, input, call.inputOfRank(1, 4), call.optionalInput(2));
    requireFloating(call);
    return [{ dtype: input.dtype, shape }];
  },
  QLinearConv: (call) => {
    const input = call.inputOfRank(0, 4);
    const weights = call.inputOfRank(3, 4);
    requireStored(call, 0);
    requireStored(call, 3, weights.shape[0]);
    requireStoredLike(call, 6, 0);
    const bias = call.optionalInput(8);
    if (bias !== undefined) call.requireDtype(8, 'int32');
    return [{ dtype: input.dtype, shape: convolve(call, input, weights, bias) }];
  },
  ConvTranspose: (call) => {
    const input = call.inputOfRank(0, 4);
    const weights = call.inputOfRank(1, 4);
    requireFloating(call);
    const { group, output_padding } = call.attributes;
    requireGroups(call, group);
    const strides = pair(call, call.attributes.strides, 'strides', 1);
    const dilations = pair(call, call.attributes.dilations, 'dilations', 1);
    const pads = padsOf(call, call.attributes.pads);
    const extra = pair(call, output_padding, 'output_padding', 0);
    if (extra.some((size, axis) => size >= (strides[axis] ?? 1))) {
      call.fail('output_padding is no smaller than the stride', `${strides}`, `${extra}`);
    }
    const [batch = 0, channels = 0] = input.shape;
    const [fromChannels = 0, perGroup = 0, ...kernel] = weights.shape;
    if (fromChannels !== channels) {
      call.fail('weights and input disagree on the channels', `${fromChannels}`, `${channels}`);
    }
    if (channels % group !== 0) {
      call.fail('the channels do not divide into groups', `a multiple of ${group}`, `${channels}`);
    }
    requireBias(call, call.optionalInput(2), perGroup * group);
    const along = (axis: 0 | 1): number => {
      const extent = ((kernel[axis] ?? 0) - 1) * dilations[axis] + 1;
      const cropped = pads[axis] + pads[axis === 0 ? 2 : 3];
      return strides[axis] * (imageSize(input)[axis] - 1) + extra[axis] + extent - cropped;
    };
    const shape = [batch, perGroup * group, along(0), along(1)];
    if (shape.some((size) => size < 1))
      call.fail('the output is empty', undefined, formatShape(shape));
    return [{ dtype: input.dtype, shape }];
  },
  BatchNormalization: (call) => {
    const channels = call.input(0).shape[1];
    call.requireDtype(0, ...floating);
    for (const position of [1, 2, 3, 4]) {
      const { shape } = call.input(position);
      if (shape.length !== 1 || shape[0] !== channels) {
        call.fail(`input ${position} is not per channel`, `[${channels}]`, formatShape(shape));
      }
      call.requireSameDtype(0, position);
    }
    return sameAsInput(call);
  },
  MaxPool: (call) => {
    call.requireDtype(0, ...floating, ...bytes);
    return planarPool(call, pair(call, call.attributes.dilations, 'dilations', 1));
  },
  AveragePool: (call) => {
    call.requireDtype(0, ...floating);
    call.flag('count_include_pad', call.attributes.count_include_pad);
    return planarPool(call, [1, 1]);
  },
  GlobalAveragePool: poolWholeImage,
  GlobalMaxPool: poolWholeImage,
  QLinearAveragePool: (call) => {
    requireScalars(call, [1, 2, 3, 4]);
    call.flag('count_include_pad', call.attributes.count_include_pad);
    return storedPool(call, (size) => pool(call, size, [1, 1]));
  },
  QLinearGlobalAveragePool: (call) => storedPool(call, () => [1, 1]),
} as const satisfies Partial<ShapeRules<OperatorName>>;
