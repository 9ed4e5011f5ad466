import { describe, expect, it } from 'vitest';
import { pascalVoc } from '../../catalog/index.js';
import { FormatError } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import { elementCount, type Shape, type Tensor, tensor } from '../../core/tensor.js';
import { writeSafetensors } from '../../formats/safetensors/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import { runGraph } from '../../graph/engine.fixture.js';
import { deepLabOutputs } from '../../models/deeplab.js';
import { Layers } from '../../models/layers.js';
import { networkName, parseNetworkName } from '../../models/names.js';
import { networkCost } from '../../models/network-cost.js';
import type { Parameter } from '../../models/parameters.js';
import { decodeCheckpoint } from '../checkpoint.js';
import { loadInitialWeights } from '../initial-weights.js';
import { describeNetwork, inferenceGraph, weightsOf } from '../network-graph.js';
import {
  type GoldenNetwork,
  goldenImage,
  goldenWeights,
  readGoldenNetwork,
} from './golden-network.fixture.js';
import { torchvisionNetwork } from './state-dict.js';

const networks = [
  ['deeplabv3-resnet50', 'deeplabv3torchvision-resnet50torchvision-os8'],
  ['deeplabv3-mobilenet-v3-large', 'deeplabv3torchvision-mobilenetv3largetorchvision'],
  ['lraspp-mobilenet-v3-large', 'lraspptorchvision-mobilenetv3largetorchvision'],
] as const;

/** A file as safetensors' own library writes of a state dict, counters of batches included. */
function stateFile(state: ReadonlyMap<string, Tensor>): Uint8Array {
  const counters = [...state.keys()]
    .filter((name) => name.endsWith('running_var'))
    .map((name) => {
      const counter = name.replace('running_var', 'num_batches_tracked');
      return [counter, tensor('int64', [], BigInt64Array.of(7n))] as const;
    });
  const tensors = new Map<string, Tensor>([...state, ...counters]);
  return writeSafetensors({ tensors, metadata: new Map([['format', 'pt']]) });
}

/** Tensors of the shapes alone, without memory for their elements. */
function shapesOf({ state }: GoldenNetwork): ReadonlyMap<string, Tensor> {
  const data = new Float32Array(0);
  return new Map([...state].map(([name, shape]) => [name, { dtype: 'float32', shape, data }]));
}

function countOf(list: readonly { readonly shape: Shape }[]): number {
  return list.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

describe.each(networks)('%s of torchvision', (file, name) => {
  const golden = readGoldenNetwork(file);

  it('computes the same logits of the same weights', async () => {
    const found = torchvisionNetwork(goldenWeights(golden), file);
    if (found === undefined) throw new Error('the state dict was not recognised');
    expect(networkName(found.network)).toBe(name);
    const graph = inferenceGraph(found.network, found.tensors, golden);
    const { logits } = await runGraph(graph, { image: goldenImage(golden) });
    expect(logits?.shape).toEqual([1, 21, golden.height, golden.width]);
    const samples = golden.logits.map((_, at) => Number(logits?.data[at * golden.every]));
    const off = golden.logits.map((value, at) => Math.abs(value - (samples[at] ?? 0)));
    expect(golden.logits.length).toBeGreaterThan(250);
    expect(Math.max(...off) / golden.largest).toBeLessThan(1e-4);
  });

  it('has as many parameters and multiply-adds', () => {
    const settings = parseNetworkName(name);
    const { parameters, statistics } = describeNetwork(settings);
    const entries = [...golden.state].map(([key, shape]) => ({ key, shape }));
    const isStatistic = ({ key }: { readonly key: string }) => key.includes('running_');
    const own = entries.filter(({ key }) => !key.startsWith('aux_classifier'));
    const auxiliary = entries.filter((each) => !own.includes(each) && !isStatistic(each));
    expect(countOf(parameters) + countOf(auxiliary)).toBe(golden.parameters);
    expect(countOf(statistics)).toBe(countOf(own.filter(isStatistic)));
    expect(networkCost(settings, golden).multiplyAdds).toBe(golden.multiplyAdds);
  });

  it('has its tensors, each once', () => {
    const { parameters, statistics } = describeNetwork(parseNetworkName(name));
    const found = torchvisionNetwork(shapesOf(golden), file)?.tensors ?? new Map<string, Tensor>();
    const own = [...found].filter(([key]) => !key.startsWith('auxiliary/'));
    const shapes = new Map(own.map(([key, { shape }]) => [key, shape]));
    expect(shapes).toEqual(
      new Map([...parameters, ...statistics].map((each) => [each.name, each.shape])),
    );
    const theirs = [...golden.state.keys()].filter((key) => !key.startsWith('aux_classifier'));
    expect(own.length).toBe(theirs.length);
  });
});

it('counts the parameters that torchvision publishes', () => {
  const counts = networks.map(([file]) => readGoldenNetwork(file).parameters);
  expect(counts).toEqual([42_004_074, 11_029_328, 3_221_538]);
  // Without an auxiliary head: 1024 to 256 channels, to 21 classes.
  const auxiliary = 9 * 1024 * 256 + 2 * 256 + 256 * 21 + 21;
  const { parameters } = describeNetwork(
    parseNetworkName('deeplabv3torchvision-resnet101torchvision-os8'),
  );
  expect(countOf(parameters)).toBe(60_996_202 - auxiliary);
});

it.each([
  ['deeplabv3torchvision-resnet50torchvision-os8', 178.722, [1024, 256]],
  ['deeplabv3torchvision-resnet101torchvision-os8', 258.743, [1024, 256]],
  ['deeplabv3torchvision-mobilenetv3largetorchvision', 10.452, [40, 10]],
  ['lraspptorchvision-mobilenetv3largetorchvision', 2.086, [0, 0]],
] as const)('%s costs the %d billion that torchvision publishes', (name, billions, auxiliary) => {
  const { multiplyAdds } = networkCost(parseNetworkName(name), { width: 520, height: 520 });
  // Theirs are those of the auxiliary head as well, of features at stride 8.
  const [from, inner] = auxiliary;
  const theirs = multiplyAdds + 65 * 65 * (9 * from * inner + inner * 21);
  expect((theirs / 1e9).toFixed(3)).toBe(billions.toFixed(3));
});

describe('a file with a state dict of torchvision', () => {
  const golden = readGoldenNetwork('lraspp-mobilenet-v3-large');
  const state = goldenWeights(golden);
  const bytes = stateFile(state);

  it('is opened as a checkpoint', () => {
    const { metadata, tensors } = decodeCheckpoint(bytes, 'lraspp.safetensors');
    expect(metadata.network).toEqual(
      parseNetworkName('lraspptorchvision-mobilenetv3largetorchvision'),
    );
    expect(metadata.labels).toEqual(pascalVoc.labels);
    expect(metadata.normalisation).toEqual({
      mean: [123.675, 116.28, 103.53],
      std: [58.395, 57.12, 57.375],
    });
    expect(tensors.get('torchvision_mobilenet_v3/Conv/weights')?.data).toEqual(
      state.get('backbone.0.0.weight')?.data,
    );
  });

  it('gives first weights for other classes', () => {
    const settings = parseNetworkName('lraspptorchvision-mobilenetv3largetorchvision-classes5');
    const { renewed, taken } = loadInitialWeights(bytes, 'a', describeNetwork(settings), {
      lastLayers: 'without-logits',
      random: seededRandom(1),
    });
    expect(renewed.map((each) => each.split('/')[1])).toEqual([
      'decoder_conv0',
      'decoder_conv0',
      'feature_projection0',
      'feature_projection0',
    ]);
    expect(taken.length).toBe(state.size - renewed.length);
  });

  it('is numbered where its classes are others', () => {
    const other = new Map(state);
    other.set(
      'classifier.low_classifier.weight',
      tensor('float32', [3, 40, 1, 1], new Float32Array(120)),
    );
    expect(decodeCheckpoint(stateFile(other), 'a').metadata.labels).toEqual(['0', '1', '2']);
  });

  it('is refused, naming what is missing', () => {
    const short = new Map(state);
    short.delete('backbone.7.block.1.0.weight');
    const { metadata, tensors } = decodeCheckpoint(stateFile(short), 'a');
    const network = describeNetwork(metadata.network);
    expect(() => weightsOf(network, tensors, 'a', 'take another')).toThrow(
      /"torchvision_mobilenet_v3\/expanded_conv_6\/depthwise\/depthwise_weights" is missing/,
    );
  });

  it.each([
    ['no class scores', ['classifier.low_classifier.weight'], 'no "atrous"'],
    ['no root', ['backbone.0.0.weight'], 'no "atrous"'],
  ])('is refused with %s', (_, removed, told) => {
    const short = new Map(state);
    for (const each of removed) short.delete(each);
    expect(() => decodeCheckpoint(stateFile(short), 'a')).toThrow(told);
  });

  it('is refused of a ResNet of another depth, or without sensible classes', () => {
    const resNet = readGoldenNetwork('deeplabv3-resnet50');
    const shallow = new Map(shapesOf(resNet));
    shallow.delete('backbone.layer3.5.conv1.weight');
    expect(() => torchvisionNetwork(shallow, 'a')).toThrow(FormatError);
    expect(() => torchvisionNetwork(shallow, 'a')).toThrow(/found 5 units/);
    const endless = new Map(shapesOf(resNet));
    const data = new Float32Array(0);
    endless.set('classifier.4.weight', { dtype: 'float32', shape: [1e9, 0, 1, 1], data });
    expect(torchvisionNetwork(endless, 'a')).toBeUndefined();
  });
});

it('takes the auxiliary head where it stands on the same features', () => {
  const named = (file: string) =>
    [...(torchvisionNetwork(shapesOf(readGoldenNetwork(file)), file)?.tensors ?? [])]
      .filter(([name]) => name.startsWith('auxiliary/'))
      .map(([name, { shape }]) => [name, shape] as const);
  expect(named('deeplabv3-mobilenet-v3-large')).toEqual([]);
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'frozen' });
  const image = builder.input('image', 'float32', [1, 3, 33, 33]);
  deepLabOutputs(layers, image, parseNetworkName(networks[0][1]), {});
  const own = [...layers.parameters, ...layers.statistics].filter(({ name }) =>
    name.startsWith('auxiliary/'),
  );
  const shapes = (list: readonly Pick<Parameter, 'name' | 'shape'>[]) =>
    new Map(list.map(({ name, shape }) => [name, shape]));
  expect(new Map(named('deeplabv3-resnet50'))).toEqual(shapes(own));
});
