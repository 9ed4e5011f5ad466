import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../core/random.js';
import { elementCount, float32, int64, type Shape, type Tensor } from '../../core/tensor.js';
import { GraphBuilder } from '../builder.js';
import { relativeDifference, runGraph } from '../engine.fixture.js';
import {
  type AttributesInOf,
  type AttributesOf,
  type CompositeName,
  compositeNames,
} from '../operators.js';
import { chance, pick, randomShape } from '../random-call.fixture.js';
import { randomWindow } from '../shape-rules/convolution.fixture.js';
import { verify } from '../verify.js';
import { expandComposites } from './index.js';
import {
  crossEntropy,
  crossEntropyGradient,
  Grid,
  maxPoolGradient,
  normalised,
  normalisedGradient,
  statistics,
  weightGradient,
} from './loops.fixture.js';

/** A use of a composite operator, and what loops compute for it. */
interface Case<Op extends CompositeName> {
  readonly inputs: readonly Tensor[];
  readonly attributes: AttributesInOf<Op>;
  readonly expected: readonly Grid[];
}

type Cases = { readonly [Op in CompositeName]: (random: Random) => Case<Op> };

function normal(random: Random, shape: Shape, deviation = 1): Tensor {
  return float32(
    shape,
    Array.from({ length: elementCount(shape) }, () => deviation * random.normal()),
  );
}

/** Numbers of which many are equal. */
function coarse(random: Random, shape: Shape): Tensor {
  return float32(
    shape,
    Array.from({ length: elementCount(shape) }, () => random.integer(-1, 2)),
  );
}

function windowsOf(
  size: readonly number[],
  { strides, dilations, pads }: Pick<AttributesOf<'MaxPool'>, 'strides' | 'dilations' | 'pads'>,
  kernel: readonly number[],
): readonly number[] {
  return size.map((side, axis) => {
    const extent = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const padded = side + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0);
    return Math.floor((padded - extent) / (strides[axis] ?? 1)) + 1;
  });
}

function image(random: Random): Shape {
  const [batch = 1, channels = 1] = randomShape(random, 2, 3);
  return [batch, channels, random.integer(2, 5), random.integer(2, 5)];
}

function scene(random: Random): { logits: Tensor; labels: Tensor } {
  const [batch = 1, classes = 1, height = 1, width = 1] = randomShape(random, 4, 5);
  const shape = [batch, height, width];
  const numbers = Array.from({ length: elementCount(shape) }, () =>
    chance(random, 0.7) ? random.integer(0, classes - 1) : pick(random, [255, -1, classes]),
  );
  const logits = normal(random, [batch, classes, height, width], pick(random, [1, 100]));
  return { logits, labels: int64(numbers, shape) };
}

/** A case for every composite operator: one without does not compile. */
const cases: Cases = {
  ConvWeightGradient: (random) => {
    const { kernel, strides, dilations, pads, size } = randomWindow(random);
    const group = pick(random, [1, 1, 2, 3]);
    const [batch, channels, filters] = [
      random.integer(1, 2),
      group * random.integer(1, 2),
      group * random.integer(1, 2),
    ];
    const window = { strides, dilations, pads };
    const x = normal(random, [batch, channels, ...size]);
    const dy = normal(random, [batch, filters, ...windowsOf(size, window, kernel)]);
    const attributes = { ...window, group, kernel_shape: kernel };
    return {
      inputs: [x, dy],
      attributes,
      expected: [weightGradient(Grid.of(x), Grid.of(dy), attributes)],
    };
  },
  ClipGradient: (random) => {
    const shape = randomShape(random, random.integer(0, 4));
    const [dy, y] = [normal(random, shape), coarse(random, shape)];
    const bounds = pick(random, [{}, { least: 0 }, { greatest: 1 }, { least: 0, greatest: 2 }]);
    const { least, greatest } = { least: -9, greatest: 9, ...bounds };
    const [dx, values] = [Grid.of(dy), Grid.of(y).data];
    values.forEach((value, at) => {
      if (value <= least || value >= greatest) dx.data[at] = 0;
    });
    return { inputs: [dy, y], attributes: bounds, expected: [dx] };
  },
  MaxPoolGradient: (random) => {
    const { kernel, strides, dilations, pads, size } = randomWindow(random);
    const window = { strides, dilations, pads, kernel_shape: kernel, ceil_mode: 0 };
    const planes = randomShape(random, 2, 3);
    const x = coarse(random, [...planes, ...size]);
    const dy = normal(random, [...planes, ...windowsOf(size, window, kernel)]);
    return {
      inputs: [dy, x],
      attributes: window,
      expected: [maxPoolGradient(Grid.of(dy), Grid.of(x), window)],
    };
  },
  BatchNormTraining: (random) => {
    const shape = image(random);
    const [x, gamma, beta] = [shape, [shape[1] ?? 1], [shape[1] ?? 1]].map((each) =>
      normal(random, each),
    );
    const epsilon = pick(random, [0.001, 0.5]);
    if (x === undefined || gamma === undefined || beta === undefined) throw new RangeError();
    const grid = Grid.of(x);
    const { mean, variance } = statistics(grid);
    return {
      inputs: [x, gamma, beta],
      attributes: { epsilon },
      expected: [normalised(grid, Grid.of(gamma), Grid.of(beta), epsilon), mean, variance],
    };
  },
  BatchNormTrainingGradient: (random) => {
    const shape = image(random);
    const [dy, x, gamma] = [
      normal(random, shape),
      normal(random, shape),
      normal(random, [shape[1] ?? 1]),
    ];
    const epsilon = pick(random, [0.001, 0.5]);
    const { mean, variance } = statistics(Grid.of(x));
    const stored = [mean, variance].map(({ data }) => float32([data.length], data));
    return {
      inputs: [dy, x, gamma, ...stored],
      attributes: { epsilon },
      expected: normalisedGradient(Grid.of(dy), Grid.of(x), Grid.of(gamma), epsilon),
    };
  },
  SoftmaxCrossEntropy: (random) => {
    const { logits, labels } = scene(random);
    const { losses, logSums } = crossEntropy(Grid.of(logits), Grid.of(labels));
    return { inputs: [logits, labels], attributes: {}, expected: [losses, logSums] };
  },
  SoftmaxCrossEntropyGradient: (random) => {
    const { logits, labels } = scene(random);
    const dlosses = normal(random, labels.shape);
    const { logSums } = crossEntropy(Grid.of(logits), Grid.of(labels));
    const stored = float32(labels.shape, logSums.data);
    return {
      inputs: [dlosses, logits, labels, stored],
      attributes: {},
      expected: [crossEntropyGradient(Grid.of(dlosses), Grid.of(logits), Grid.of(labels))],
    };
  },
};

async function differences<Op extends CompositeName>(
  op: Op,
  { inputs, attributes, expected }: Case<Op>,
): Promise<readonly number[]> {
  const builder = new GraphBuilder();
  const values = inputs.map(({ dtype, shape }, at) => builder.input(`x${at}`, dtype, shape));
  const outputs = builder.addAll(op, values, attributes, { outputs: expected.length });
  const graph = expandComposites(
    builder.build(outputs.map((value, at) => ({ name: `y${at}`, value }))),
  );
  verify(graph);
  const results = await runGraph(
    graph,
    Object.fromEntries(inputs.map((tensor, at) => [`x${at}`, tensor])),
  );
  return expected.map(({ shape, data }, at) =>
    relativeDifference(results[`y${at}`], float32(shape, data)),
  );
}

describe('composite operators, expanded, compute what loops compute', () => {
  it.each(compositeNames)('%s', async (op: CompositeName) => {
    const random = seededRandom(compositeNames.indexOf(op));
    for (let round = 0; round < 30; round++) {
      const tried = cases[op](random) as Case<CompositeName>;
      for (const difference of await differences(op, tried)) {
        const shapes = tried.inputs.map(({ shape }) => shape);
        expect(difference, JSON.stringify([shapes, tried.attributes])).toBeLessThan(2e-5);
      }
    }
  });
});

describe('SoftmaxCrossEntropy', () => {
  it('neither overflows nor loses the class far below the largest', async () => {
    const logits = float32([1, 2, 1, 2], [1e4, -1e4, -1e4, 1e4]);
    const labels = int64([0, 0], [1, 1, 2]);
    const { losses, logSums } = crossEntropy(Grid.of(logits), Grid.of(labels));
    expect([...losses.data]).toEqual([0, 2e4]);
    const tried = { inputs: [logits, labels], attributes: {}, expected: [losses, logSums] };
    expect(await differences('SoftmaxCrossEntropy', tried)).toEqual([0, 0]);
  });
});
