import type { DType } from '../../core/dtype.js';
import type { Random } from '../../core/random.js';
import { type Shape, tensor } from '../../core/tensor.js';
import type { OperatorName } from '../operators.js';
import {
  type CallCases,
  chance,
  fed,
  floats,
  pick,
  randomShape,
  type TriedInput,
  weight,
} from '../random-call.fixture.js';

/** A window and an image that it fits into. */
export interface RandomWindow {
  readonly kernel: readonly [number, number];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly size: readonly [number, number];
}

/** Pads are smaller than the kernel, as ONNX Runtime demands of pooling. */
export function randomWindow(random: Random): RandomWindow {
  const kernel = [random.integer(1, 3), random.integer(1, 3)] as const;
  const strides = [random.integer(1, 3), random.integer(1, 3)];
  const dilations = chance(random, 0.5) ? [1, 1] : [random.integer(1, 3), random.integer(1, 3)];
  const pads = chance(random, 0.3)
    ? [0, 0, 0, 0]
    : [...kernel, ...kernel].map((extent) => random.integer(0, extent - 1));
  const [height = 1, width = 1] = kernel.map((extent, axis) => {
    const reach = (extent - 1) * (dilations[axis] ?? 1) + 1;
    const padded = (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
    return Math.max(1, reach - padded) + random.integer(0, 6);
  });
  return { kernel, strides, dilations, pads, size: [height, width] };
}

/** Shapes of the operands of a grouped convolution. */
function convolution(random: Random): { window: RandomWindow; group: number; x: Shape; w: Shape } {
  const window = randomWindow(random);
  const group = pick(random, [1, 1, 2, 3]);
  const perGroup = random.integer(1, 3);
  const filters = group * random.integer(1, 3);
  return {
    window,
    group,
    x: [random.integer(1, 2), group * perGroup, ...window.size],
    w: [filters, perGroup, ...window.kernel],
  };
}

/** Scale and zero point of a whole tensor, or one of each per slice. */
export function quantisation(random: Random, dtype: DType, count?: number): readonly TriedInput[] {
  const shape = count === undefined ? [] : [count];
  const scales = Float32Array.from({ length: count ?? 1 }, () => 0.02 + random.uniform() / 10);
  const zeroPoint = weight(random, dtype, shape);
  return [
    { role: 'weight', tensor: tensor('float32', shape, scales) },
    { role: 'known', tensor: zeroPoint.tensor },
  ];
}

function image(random: Random): Shape {
  return randomShape(random, 4, 6);
}

/** Cases of convolutions, pooling and batch norm. */
export const convolutionCases = {
  Conv: (random) => {
    const { window, group, x, w } = convolution(random);
    const { strides, dilations, pads } = window;
    const bias = chance(random, 0.5) ? weight(random, 'float32', [w[0] ?? 0]) : undefined;
    return {
      inputs: [fed(random, 'float32', x), weight(random, 'float32', w), bias],
      attributes: { strides, dilations, pads, group },
    };
  },
  QLinearConv: (random) => {
    const { window, group, x, w } = convolution(random);
    const { strides, dilations, pads } = window;
    const [filters = 1] = w;
    const dtype = pick(random, ['uint8', 'int8'] as const);
    const weightDtype = dtype === 'int8' ? 'int8' : pick(random, ['uint8', 'int8'] as const);
    const perFilter = chance(random, 0.5);
    const [scale, zero] = quantisation(random, weightDtype, perFilter ? filters : undefined);
    const zeros = zero && weight(random, weightDtype, zero.tensor.shape);
    const zeroPoint: TriedInput | undefined = zeros && {
      role: 'known',
      // ONNX Runtime wants the zero points of all filters to be equal.
      tensor: { ...zeros.tensor, data: zeros.tensor.data.slice().fill(3 as never) } as never,
    };
    const bias = chance(random, 0.5) ? weight(random, 'int32', [filters]) : undefined;
    return {
      inputs: [
        fed(random, dtype, x),
        ...quantisation(random, dtype),
        weight(random, weightDtype, w),
        scale,
        zeroPoint,
        ...quantisation(random, dtype),
        bias,
      ],
      attributes: { strides, dilations, pads, group },
    };
  },
  ConvTranspose: (random) => {
    const { kernel, strides, dilations, pads } = randomWindow(random);
    const group = pick(random, [1, 1, 2]);
    const channels = group * random.integer(1, 2);
    const perGroup = random.integer(1, 3);
    const bias = chance(random, 0.5) ? weight(random, 'float32', [perGroup * group]) : undefined;
    const size = [random.integer(3, 6), random.integer(3, 6)];
    return {
      inputs: [
        fed(random, 'float32', [random.integer(1, 2), channels, ...size]),
        weight(random, 'float32', [channels, perGroup, ...kernel]),
        bias,
      ],
      attributes: {
        strides,
        dilations,
        pads,
        group,
        output_padding: strides.map((stride) => random.integer(0, stride - 1)),
      },
    };
  },
  BatchNormalization: (random) => {
    const shape = randomShape(random, random.integer(2, 4));
    const perChannel = () => weight(random, 'float32', [shape[1] ?? 0]);
    const variance = weight(random, 'float32', [shape[1] ?? 0], 'positive');
    return {
      inputs: [fed(random, 'float32', shape), perChannel(), perChannel(), perChannel(), variance],
      attributes: { epsilon: 0.001 + random.uniform() },
    };
  },
  MaxPool: (random) => {
    const { kernel, strides, dilations, pads, size } = randomWindow(random);
    return {
      inputs: [fed(random, pick(random, floats), [...randomShape(random, 2), ...size])],
      attributes: {
        kernel_shape: kernel,
        strides,
        dilations,
        pads,
        ceil_mode: random.integer(0, 1),
      },
    };
  },
  AveragePool: (random) => {
    const { kernel, strides, pads, size } = randomWindow(random);
    return {
      inputs: [fed(random, 'float32', [...randomShape(random, 2), ...size])],
      attributes: {
        kernel_shape: kernel,
        strides,
        pads,
        ceil_mode: random.integer(0, 1),
        count_include_pad: random.integer(0, 1),
      },
    };
  },
  GlobalAveragePool: (random) => ({ inputs: [fed(random, 'float32', image(random))] }),
  GlobalMaxPool: (random) => ({ inputs: [fed(random, 'float32', image(random))] }),
  QLinearAveragePool: (random) => {
    const { kernel, strides, pads, size } = randomWindow(random);
    const channels_last = random.integer(0, 1);
    const [batch = 1, channels = 1] = randomShape(random, 2);
    const shape = channels_last === 1 ? [batch, ...size, channels] : [batch, channels, ...size];
    const dtype = pick(random, ['uint8', 'int8'] as const);
    return {
      inputs: [
        fed(random, dtype, shape),
        ...quantisation(random, dtype),
        ...quantisation(random, dtype),
      ],
      attributes: {
        kernel_shape: kernel,
        strides,
        pads,
        ceil_mode: 0,
        count_include_pad: random.integer(0, 1),
        channels_last,
      },
    };
  },
  QLinearGlobalAveragePool: (random) => {
    const dtype = pick(random, ['uint8', 'int8'] as const);
    return {
      inputs: [
        fed(random, dtype, image(random)),
        ...quantisation(random, dtype),
        ...quantisation(random, dtype),
      ],
      attributes: { channels_last: random.integer(0, 1) },
    };
  },
} as const satisfies Partial<CallCases<OperatorName>>;
