import { describe, expect, it } from 'vitest';
import { backward } from '../../../autodiff/backward.js';
import { seededRandom } from '../../../core/random.js';
import {
  elementCount,
  float32,
  int64,
  type Shape,
  type Tensor,
  tensor,
} from '../../../core/tensor.js';
import { writeOnnx } from '../../../formats/onnx/index.js';
import { GraphBuilder } from '../../../graph/builder.js';
import { expandComposites } from '../../../graph/expansions/index.js';
import type { Graph } from '../../../graph/graph.js';
import { verify } from '../../../graph/verify.js';
import { type ActivationName, Layers } from '../../../models/layers.js';
import { nodeRuntime } from '../../../runtime/node/index.js';
import { graphToOnnx } from '../../onnx/graph-to-onnx.js';
import { blockedLayoutWidth } from '../blocked-layout.js';
import { lowerForCpu } from './index.js';

const runtime = nodeRuntime({ worker: false });
const width = await blockedLayoutWidth(runtime);

const classes = 5;
const batchNorm = { decay: 0.9, epsilon: 1e-3 };

interface NetworkCase {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  readonly rate: number;
  readonly kernel: number;
  readonly activation: ActivationName;
}

/**
 * Loss, gradients and batch statistics of a network that has every kind of layer once: shallow, so
 * that rounding stays small and a wrong gradient stands out.
 */
function trainingGraph({ batch, height, width: wide, ...unit }: NetworkCase): Graph {
  const builder = new GraphBuilder({ foldConstants: true });
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'batch' });
  const image = builder.input('image', 'float32', [batch, 3, height, wide]);
  const labels = builder.input('labels', 'int64', [batch, height, wide]);
  const { activation, stride, rate, kernel } = unit;
  const act = { activation, batchNorm };
  const root = layers.convolution(image, 'root', 'backbone', {
    filters: 8,
    kernel: 3,
    stride: 2,
    ...act,
  });
  const inner = layers.convolution(root, 'expand', 'backbone', { filters: 24, ...act });
  const spatial = layers.depthwise(inner, 'depthwise', 'backbone', {
    stride,
    rate,
    kernel,
    ...act,
  });
  const narrow = layers.convolution(spatial, 'project', 'backbone', { filters: 8, batchNorm });
  const sum = stride === 1 ? builder.add('Add', [root, narrow], {}) : narrow;
  const size = [sum.shape[2] ?? 1, sum.shape[3] ?? 1] as const;
  const pooled = layers.biasedConvolution(layers.imageMean(sum), 'pool', 'head', {
    filters: 4,
    activation: 'relu',
  });
  const context = layers.convolution(spatial, 'context', 'head', {
    filters: 8,
    kernel: 3,
    rate,
    ...act,
  });
  const joined = layers.concatenate([layers.spread(pooled, size), sum, context], 'concat');
  const logits = layers.biasedConvolution(joined, 'logits', 'logits', { filters: classes });
  const large = layers.resize(logits, [height, wide], 'large');
  const [losses] = builder.addAll('SoftmaxCrossEntropy', [large, labels], {}, { outputs: 2 });
  const axes = builder.constant(int64([0, 1, 2]));
  const loss = builder.add('ReduceSum', [losses, axes], { keepdims: 0 });
  const { parameters, statistics } = layers;
  const gradients = backward(
    builder,
    loss,
    parameters.map(({ value }) => value),
  );
  return builder.build([
    { name: 'loss', value: loss },
    ...parameters.map(({ name }, index) => ({
      name: `gradient/${name}`,
      value: gradients[index] ?? loss,
    })),
    ...statistics.map(({ name, batches: [own] }) => ({
      name: `batch/${name}`,
      value: own?.value ?? loss,
    })),
  ]);
}

/** A value for every input: weights near their usual size, some labels that do not count. */
function feedsOf(graph: Graph): Record<string, Tensor> {
  const random = seededRandom(11);
  return Object.fromEntries(
    graph.inputs.map(({ name, shape }): [string, Tensor] => {
      const filled = (own: Shape, value: () => number) =>
        tensor('float32', own, Float32Array.from({ length: elementCount(own) }, value));
      if (name === 'labels') {
        const numbers = Array.from({ length: elementCount(shape) }, () => random.integer(-1, 4));
        return [name, int64(numbers, shape)];
      }
      if (name.endsWith('gamma')) return [name, filled(shape, () => 1 + 0.3 * random.normal())];
      return [name, filled(shape, () => (name === 'image' ? 1 : 0.4) * random.normal())];
    }),
  );
}

function repeated(values: readonly number[], length: number): Float32Array {
  return Float32Array.from({ length }, (_, at) => values[at % values.length] ?? 0);
}

async function run(graph: Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = await runtime.open(writeOnnx(graphToOnnx(graph)), { threads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

/** Largest difference of two tensors, relative to the largest element of the second. */
function difference(a: Tensor | undefined, b: Tensor): number {
  if (a === undefined || `${a.shape}` !== `${b.shape}`) return Number.POSITIVE_INFINITY;
  let [apart, largest] = [0, 1e-3];
  for (let at = 0; at < b.data.length; at++) {
    apart = Math.max(apart, Math.abs(Number(a.data[at]) - Number(b.data[at])));
    largest = Math.max(largest, Math.abs(Number(b.data[at])));
  }
  return apart / largest;
}

const usual: NetworkCase = {
  batch: 4,
  height: 33,
  width: 49,
  stride: 1,
  rate: 1,
  kernel: 3,
  activation: 'relu6',
};

describe.skipIf(width === undefined)('a training step in the layouts of the CPU', () => {
  it.each<[string, Partial<NetworkCase>]>([
    ['whole blocks', {}],
    ['planes that fill no whole blocks', { batch: 3 }],
    ['a single picture', { batch: 1 }],
    ['a strided depthwise convolution', { stride: 2 }],
    ['a strided one at even sizes', { stride: 2, height: 36, width: 40 }],
    ['an atrous one', { rate: 3 }],
    ['a 5x5 one', { kernel: 5, stride: 2 }],
    ['ReLU', { activation: 'relu' }],
    ['hard swish', { activation: 'hard-swish' }],
  ])('computes what plain operators do: %s', async (_, changes) => {
    const graph = trainingGraph({ ...usual, ...changes });
    const lowered = lowerForCpu(graph, width ?? 16);
    verify(lowered);
    const feeds = feedsOf(graph);
    const found = await run(lowered, feeds);
    const expected = await run(expandComposites(graph), feeds);
    const far = Object.entries(expected).flatMap(([name, value]) => {
      const apart = difference(found[name], value);
      return apart < 1e-3 ? [] : [`${name}: ${apart}`];
    });
    expect(far).toEqual([]);
  });

  it('lets gradients of small and large images through strictly between the bounds of a clamp', async () => {
    for (const side of [4, 256]) {
      const shape = [1, 32, side, side];
      const builder = new GraphBuilder({ foldConstants: true });
      const x = builder.input('x', 'float32', shape);
      const slopes = builder.input('slopes', 'float32', shape);
      const [least, greatest] = [0, 6].map((bound) => builder.constant(float32([], [bound])));
      const y = builder.add('Clip', [x, least, greatest], {});
      const product = builder.add('Mul', [y, slopes], {});
      const loss = builder.add('ReduceSum', [product, builder.constant(int64([0, 1, 2, 3]))], {});
      const [dx = loss] = backward(builder, loss, [x]);
      const graph = builder.build([{ name: 'dx', value: dx }]);
      const values = [-1, -0, 0, 1e-30, 3, 5.9999995, 6, 6.000001];
      const feeds = {
        x: tensor('float32', shape, repeated(values, elementCount(shape))),
        slopes: tensor('float32', shape, repeated([-1e30, 2, 0.1], elementCount(shape))),
      };
      const found = (await run(lowerForCpu(graph, width ?? 16), feeds))['dx'];
      const expected = (await run(expandComposites(graph), feeds))['dx'];
      expect(found?.shape).toEqual(shape);
      expect(found?.data.findIndex((value, at) => value !== expected?.data[at])).toBe(-1);
    }
  });

  it('uses blocked kernels, and no composite is left', () => {
    const operators = new Set(
      lowerForCpu(trainingGraph(usual), width ?? 16).nodes.map(({ op }) => op),
    );
    expect(operators).toContain('BlockedConv');
    expect(operators).not.toContain('BatchNormTraining');
    expect(operators).not.toContain('ConvWeightGradient');
  });
});
