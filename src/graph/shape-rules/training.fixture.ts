import type { Random } from '../../core/random.js';
import { elementCount, int64 } from '../../core/tensor.js';
import type { OperatorName } from '../operators.js';
import {
  type CallCases,
  chance,
  fed,
  known,
  pick,
  randomAxis,
  randomShape,
  type TriedInput,
  weight,
} from '../random-call.fixture.js';
import { randomWindow } from './convolution.fixture.js';

/** Channels that fill whole blocks of 8 and of 16. */
const blockChannels = 16;

function indices(random: Random, shape: readonly number[], size: number): TriedInput {
  const numbers = Array.from({ length: elementCount(shape) }, () =>
    random.integer(-size, size - 1),
  );
  // Known, so that alterations leave the numbers alone.
  return { role: 'known', tensor: int64(numbers, shape) };
}

/** Cases of the operators that training graphs are expanded into. */
export const trainingCases = {
  GatherElements: (random) => {
    const shape = randomShape(random, random.integer(1, 3));
    const axis = randomAxis(random, shape.length);
    const picked = shape.with(axis, random.integer(1, 4));
    return {
      inputs: [fed(random, 'float32', shape), indices(random, picked, shape.at(axis) ?? 1)],
      attributes: { axis },
    };
  },
  ScatterElements: (random) => {
    const shape = randomShape(random, random.integer(1, 3));
    const axis = randomAxis(random, shape.length);
    const picked = shape.with(axis, random.integer(1, shape.at(axis) ?? 1));
    return {
      inputs: [
        fed(random, 'float32', shape),
        indices(random, picked, shape.at(axis) ?? 1),
        fed(random, 'float32', picked),
      ],
      attributes: { axis, reduction: pick(random, ['none', 'add', 'mul']) },
    };
  },
  TopK: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    const axis = randomAxis(random, shape.length);
    const count = random.integer(0, shape.at(axis) ?? 0);
    return {
      inputs: [fed(random, 'float32', shape), known(count)],
      attributes: { axis, largest: random.integer(0, 1), sorted: 1 },
      outputs: 2,
    };
  },
  CumSum: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    return {
      inputs: [fed(random, 'float32', shape), known(randomAxis(random, shape.length))],
      attributes: { exclusive: random.integer(0, 1), reverse: random.integer(0, 1) },
    };
  },
  FusedMatMul: (random) => {
    const [rows = 1, inner = 1, columns = 1] = randomShape(random, 3);
    const batch = randomShape(random, random.integer(0, 2));
    const transA = random.integer(0, 1);
    const transB = random.integer(0, 1);
    const a = transA === 1 ? [inner, rows] : [rows, inner];
    const b = transB === 1 ? [columns, inner] : [inner, columns];
    return {
      inputs: [fed(random, 'float32', [...batch, ...a]), fed(random, 'float32', [...batch, ...b])],
      attributes: { transA, transB, alpha: random.uniform() },
    };
  },
  ReorderInput: (random) => {
    const [batch = 1, blocks = 1, height = 1, width = 1] = randomShape(random, 4, 3);
    const shape = [batch, blocks * blockChannels, height, width];
    return { inputs: [fed(random, 'float32', shape)] };
  },
  ReorderOutput: (random) => {
    const [batch = 1, blocks = 1, height = 1, width = 1] = randomShape(random, 4, 3);
    const filled = blocks * blockChannels;
    return {
      inputs: [fed(random, 'float32', [batch, filled, height, width])],
      attributes: { channels: filled - random.integer(0, blockChannels - 1) },
    };
  },
  BlockedConv: (random) => {
    const { kernel, strides, dilations, pads, size } = randomWindow(random);
    const channels = blockChannels * random.integer(1, 2);
    const depthwise = chance(random, 0.5);
    const filters = depthwise ? channels : blockChannels * random.integer(1, 2);
    const bias = chance(random, 0.5) ? weight(random, 'float32', [filters]) : undefined;
    return {
      inputs: [
        fed(random, 'float32', [random.integer(1, 2), channels, ...size]),
        weight(random, 'float32', [filters, depthwise ? 1 : channels, ...kernel]),
        bias,
      ],
      attributes: {
        kernel_shape: kernel,
        strides,
        dilations,
        pads,
        group: depthwise ? channels : 1,
      },
    };
  },
  BlockedGlobalAveragePool: (random) => {
    const [batch = 1, blocks = 1, height = 1, width = 1] = randomShape(random, 4, 3);
    return { inputs: [fed(random, 'float32', [batch, blocks * blockChannels, height, width])] };
  },
} as const satisfies Partial<CallCases<OperatorName>>;
