import { describe, expect, it } from 'vitest';
import { OptionError } from '../core/errors.js';
import { type Random, seededRandom } from '../core/random.js';
import { elementCount, type Tensor, type TensorOf, tensor } from '../core/tensor.js';
import { GraphBuilder } from '../graph/builder.js';
import { relativeDifference, runGraph } from '../graph/engine.fixture.js';
import { expandComposites } from '../graph/expansions/index.js';
import { type DeepLabSettings, deepLab, deepLabDefaults } from '../models/deeplab.js';
import { Layers } from '../models/layers.js';
import type { Weights } from '../models/parameters.js';
import { nodeRuntime } from '../runtime/node/index.js';
import { livelyWeights } from './lively-weights.fixture.js';
import { MomentSums } from './moments.js';
import { describeNetwork } from './network-graph.js';
import { reestimateBatchNorm } from './reestimate-batch-norm.js';

const settings: DeepLabSettings = { ...deepLabDefaults, depthMultiplier: 0.25, classes: 5 };
const network = describeNetwork(settings);
const runtime = nodeRuntime({ worker: false });
const normalisation = { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] } as const;
const side = 49;

function images(count: number, random: Random): TensorOf<'uint8'> {
  const data = Uint8Array.from({ length: count * side * side * 3 }, () => random.integer(0, 255));
  return tensor('uint8', [count, side, side, 3], data);
}

/** A batch as the network takes it. */
function normalised({ shape, data }: TensorOf<'uint8'>): TensorOf<'float32'> & Tensor {
  const [count = 1] = shape;
  const plane = side * side;
  const planes = new Float32Array(data.length);
  data.forEach((value, at) => {
    const [pixel, channel] = [Math.floor(at / 3), at % 3];
    const [image, place] = [Math.floor(pixel / plane), pixel % plane];
    planes[(image * 3 + channel) * plane + place] = (value - 127.5) / 127.5;
  });
  return tensor('float32', [count, 3, side, side], planes);
}

/** Logits with batch norm by the batch's own statistics, nothing dropped. */
async function trainingLogits(weights: Weights, batch: TensorOf<'uint8'>): Promise<Tensor> {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'batch' });
  const image = normalised(batch);
  const logits = deepLab(layers, builder.input('image', 'float32', image.shape), settings);
  const feeds: Record<string, Tensor> = { image, ...Object.fromEntries(weights) };
  for (const { name, shape } of layers.dropoutMasks) {
    feeds[name] = tensor('float32', shape, new Float32Array(elementCount(shape)).fill(1));
  }
  const graph = expandComposites(builder.build([{ name: 'logits', value: logits }]));
  const used = Object.fromEntries(graph.inputs.map(({ name }) => [name, feeds[name] as Tensor]));
  return (await runGraph(graph, used))['logits'] as Tensor;
}

async function evaluationLogits(weights: Weights, batch: TensorOf<'uint8'>): Promise<Tensor> {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'infer', weights });
  const image = normalised(batch);
  const logits = deepLab(layers, builder.input('image', 'float32', image.shape), settings);
  const graph = builder.build([{ name: 'logits', value: logits }]);
  return (await runGraph(graph, { image }))['logits'] as Tensor;
}

describe('re-estimation of batch norm', () => {
  it('leaves what evaluation gives, and makes training by batches give it too', async () => {
    const random = seededRandom(1);
    const weights = livelyWeights(network, random);
    const batch = images(6, random);
    const measured = { settings, weights, normalisation };
    const renewed = await reestimateBatchNorm(measured, [batch], runtime);
    expect(renewed.images).toBe(6);

    const before = await evaluationLogits(weights, batch);
    const after = await evaluationLogits(renewed.weights, batch);
    expect(relativeDifference(after, before)).toBeLessThan(1e-4);
    expect(relativeDifference(await trainingLogits(weights, batch), before)).toBeGreaterThan(0.5);
    const trained = await trainingLogits(renewed.weights, batch);
    expect(relativeDifference(trained, before)).toBeLessThan(2e-3);
  });

  it('counts every image alike, however batches are cut', async () => {
    const random = seededRandom(2);
    const measured = { settings, weights: livelyWeights(network, random), normalisation };
    const whole = images(5, random);
    const part = (from: number, to: number) => {
      const size = whole.data.length / 5;
      const shape = [to - from, side, side, 3];
      return tensor('uint8', shape, whole.data.slice(from * size, to * size));
    };
    const atOnce = await reestimateBatchNorm(measured, [whole], runtime);
    const cut = await reestimateBatchNorm(measured, [part(0, 2), part(2, 4), part(4, 5)], runtime);
    expect(cut.images).toBe(5);
    for (const [name, value] of atOnce.weights) {
      expect(relativeDifference(cut.weights.get(name), value), name).toBeLessThan(1e-5);
    }
  });

  it('measures small variances beside large means', async () => {
    const random = seededRandom(3);
    const weights = livelyWeights(network, random);
    const batch = images(3, random);
    const beta = 'MobilenetV2/expanded_conv_16/project/BatchNorm/beta';
    const far = new Map(weights);
    const shift = (value: number | bigint) => Number(value) + 1000;
    far.set(beta, tensor('float32', [80], Float32Array.from(weights.get(beta)?.data ?? [], shift)));
    const variances = async (given: Weights) => {
      const measured = { settings, weights: given, normalisation };
      const { weights: renewed } = await reestimateBatchNorm(measured, [batch], runtime);
      return Array.from(renewed.get('aspp0/BatchNorm/moving_variance')?.data ?? [], Number);
    };
    // What a 1x1 convolution makes of shifted features is shifted, and spread as before.
    const near = await variances(weights);
    (await variances(far)).forEach((variance, channel) => {
      expect(variance / (near[channel] ?? 0)).toBeCloseTo(1, 2);
    });
  });

  it('leaves layers as they start that did not come from a file', async () => {
    const random = seededRandom(4);
    const weights = livelyWeights(network, random);
    const taken = [...weights.keys()].filter((name) => name.startsWith('MobilenetV2/'));
    const renewed = await reestimateBatchNorm(
      { settings, weights, normalisation, taken },
      [images(2, random)],
      runtime,
    );
    const changed = [...weights].filter(([name, value]) => renewed.weights.get(name) !== value);
    expect(changed.length).toBe(4 * 51);
    for (const [name] of changed) expect(name).toMatch(/^MobilenetV2\/.*\/BatchNorm\//);
  });

  it('is refused without images', async () => {
    const measured = { settings, weights: livelyWeights(network, seededRandom(5)), normalisation };
    await expect(reestimateBatchNorm(measured, [], runtime)).rejects.toThrow(OptionError);
    const flat = tensor('uint8', [1, 12], new Uint8Array(12));
    await expect(reestimateBatchNorm(measured, [flat], runtime)).rejects.toThrow('[1, 12]');
  });
});

describe('moments', () => {
  it('join to those of all samples, far from zero too', () => {
    const random = seededRandom(6);
    const layers = [{ scope: 's', epsilon: 0, mean: 'm', variance: 'v' }];
    const samples: number[] = [];
    const sums = new MomentSums();
    for (const count of [3, 1, 7, 2]) {
      const own = Array.from({ length: count }, () => 1000 + random.normal());
      samples.push(...own);
      const [mean, variance] = momentsOf(own);
      sums.add({ layers }, { m: vector(mean), v: vector(variance) }, count);
    }
    const unit = { gamma: 1, beta: 0, moving_mean: 0, moving_variance: 1 };
    const weights = new Map(
      Object.entries(unit).map(([name, value]) => [`s/${name}`, vector(value)] as const),
    );
    const renewed = sums.renormalise({ layers }, weights);
    const [, variance] = momentsOf(samples);
    expect(renewed.get('s/moving_variance')?.data[0]).toBeCloseTo(variance, 3);
  });
});

function momentsOf(samples: readonly number[]): readonly [number, number] {
  const mean = samples.reduce((sum, each) => sum + each, 0) / samples.length;
  return [mean, samples.reduce((sum, each) => sum + (each - mean) ** 2, 0) / samples.length];
}

function vector(value: number): TensorOf<'float32'> & Tensor {
  return tensor('float32', [1], Float32Array.of(value));
}
