import { formatShape } from '../../core/tensor.js';
import type { Value } from '../graph.js';
import type { OperatorName } from '../operators.js';
import { sameAsInput } from './elementwise.js';
import type { OperatorCall, ShapeRules, ValueType } from './operator-call.js';

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

function requireBias(call: OperatorCall, bias: Value | undefined, filters: number): void {
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== filters)) {
    call.fail('the bias does not fit the filters', `[${filters}]`, formatShape(bias.shape));
  }
}

function pool(
  call: OperatorCall<'MaxPool'> | OperatorCall<'AveragePool'> | OperatorCall<'QLinearAveragePool'>,
  dilations: Pair,
): readonly ValueType[] {
  const input = call.inputOfRank(0, 4);
  const [batch = 0, channels = 0] = input.shape;
  const { kernel_shape, strides, pads, ceil_mode } = call.attributes;
  const size = slide(call, imageSize(input), {
    kernel: pair(call, kernel_shape, 'kernel_shape', 1),
    strides: pair(call, strides, 'strides', 1),
    dilations,
    pads: padsOf(call, pads),
    ceil: ceil_mode === 1,
  });
  return [{ dtype: input.dtype, shape: [batch, channels, ...size] }];
}

function poolWholeImage(call: OperatorCall): readonly ValueType[] {
  const { dtype, shape } = call.inputOfRank(0, 4);
  return [{ dtype, shape: [shape[0] ?? 0, shape[1] ?? 0, 1, 1] }];
}

/** Convolutions, pooling and batch norm: [N, C, H, W] in and out. */
export const convolutionRules = {
  Conv: (call) => {
    const input = call.inputOfRank(0, 4);
    const shape = convolve(call, input, call.inputOfRank(1, 4), call.optionalInput(2));
    call.requireSameDtype(0, 1);
    return [{ dtype: input.dtype, shape }];
  },
  QLinearConv: (call) => {
    const input = call.inputOfRank(0, 4);
    call.requireDtype(0, 'uint8', 'int8');
    call.requireDtype(3, 'uint8', 'int8');
    const bias = call.optionalInput(8);
    if (bias !== undefined) call.requireDtype(8, 'int32');
    const shape = convolve(call, input, call.inputOfRank(3, 4), bias);
    return [{ dtype: call.input(7).dtype, shape }];
  },
  ConvTranspose: (call) => {
    const input = call.inputOfRank(0, 4);
    const weights = call.inputOfRank(1, 4);
    call.requireSameDtype(0, 1);
    const { group, output_padding } = call.attributes;
    const strides = pair(call, call.attributes.strides, 'strides', 1);
    const dilations = pair(call, call.attributes.dilations, 'dilations', 1);
    const pads = padsOf(call, call.attributes.pads);
    const extra = pair(call, output_padding, 'output_padding', 0);
    const [batch = 0, channels = 0] = input.shape;
    const [fromChannels = 0, perGroup = 0, ...kernel] = weights.shape;
    if (fromChannels !== channels) {
      call.fail('weights and input disagree on the channels', `${fromChannels}`, `${channels}`);
    }
    requireBias(call, call.optionalInput(2), perGroup * group);
    const along = (axis: 0 | 1): number => {
      const extent = ((kernel[axis] ?? 0) - 1) * dilations[axis] + 1;
      const cropped = pads[axis] + pads[axis === 0 ? 2 : 3];
      return strides[axis] * (imageSize(input)[axis] - 1) + extra[axis] + extent - cropped;
    };
    const shape = [batch, perGroup * group, along(0), along(1)];
    if (shape.some((size) => size < 0))
      call.fail('the output is empty', undefined, formatShape(shape));
    return [{ dtype: input.dtype, shape }];
  },
  BatchNormalization: (call) => {
    const channels = call.input(0).shape[1];
    for (const position of [1, 2, 3, 4]) {
      const { shape } = call.input(position);
      if (shape.length !== 1 || shape[0] !== channels) {
        call.fail(`input ${position} is not per channel`, `[${channels}]`, formatShape(shape));
      }
    }
    return sameAsInput(call);
  },
  MaxPool: (call) => pool(call, pair(call, call.attributes.dilations, 'dilations', 1)),
  AveragePool: (call) => pool(call, [1, 1]),
  GlobalAveragePool: poolWholeImage,
  GlobalMaxPool: poolWholeImage,
  QLinearAveragePool: (call) => pool(call, [1, 1]),
  QLinearGlobalAveragePool: poolWholeImage,
} as const satisfies Partial<ShapeRules<OperatorName>>;
