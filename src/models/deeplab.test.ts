import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { elementCount } from '../core/tensor.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/graph.js';
import { livelyWeights } from '../weights/lively-weights.fixture.js';
import { describeNetwork } from '../weights/network-graph.js';
import { type DeepLabSettings, deepLab, deepLabDefaults } from './deeplab.js';
import { Layers, type Mode } from './layers.js';

function parametersOf(settings: Partial<DeepLabSettings>): number {
  const { parameters, statistics } = describeNetwork({ ...deepLabDefaults, ...settings });
  return [...parameters, ...statistics].reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

/** A network's graph before its batch norm is folded, with what a convolution of a name does. */
function built(settings: Partial<DeepLabSettings>, height: number, width: number): Graph {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'frozen' });
  const image = builder.input('image', 'float32', [1, 3, height, width]);
  const value = deepLab(layers, image, { ...deepLabDefaults, ...settings });
  return builder.build([{ name: 'logits', value }]);
}

function convolution({ nodes }: Graph, name: string): Node<'Conv'> {
  const found = nodes.find((node) => node.op === 'Conv' && node.name === name);
  if (found?.op !== 'Conv') throw new Error(`no convolution "${name}"`);
  return found;
}

describe('parameters', () => {
  it('count fewer with fewer classes', () => {
    expect(parametersOf({ classes: 19 })).toBe(2_146_131);
  });

  it('are the same at every output stride', () => {
    const names = ([4, 8, 16, 32] as const).map((outputStride) =>
      describeNetwork({ ...deepLabDefaults, outputStride }).parameters.map(
        ({ name, shape }) => `${name} ${shape}`,
      ),
    );
    for (const other of names) expect(other).toEqual(names[0]);
  });

  it("have TensorFlow's names", () => {
    const { parameters, statistics } = describeNetwork(deepLabDefaults);
    const names = new Set([...parameters, ...statistics].map(({ name }) => name));
    const convolutions = [
      'MobilenetV2/Conv/weights',
      ...['depthwise/depthwise_weights', 'project/weights'].map(
        (leaf) => `MobilenetV2/expanded_conv/${leaf}`,
      ),
      ...Array.from({ length: 16 }, (_, index) =>
        ['expand/weights', 'depthwise/depthwise_weights', 'project/weights'].map(
          (leaf) => `MobilenetV2/expanded_conv_${index + 1}/${leaf}`,
        ),
      ).flat(),
      'image_pooling/weights',
      'aspp0/weights',
      'concat_projection/weights',
    ];
    const leaves = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
    const expected = [
      ...convolutions,
      ...convolutions.flatMap((name) =>
        leaves.map((leaf) => name.replace(/[^/]*$/, `BatchNorm/${leaf}`)),
      ),
      'logits/semantic/weights',
      'logits/semantic/biases',
    ];
    expect([...names].sort()).toEqual(expected.sort());
  });

  it("have TensorFlow's names in ASPP's branches and the decoder", () => {
    const { parameters } = describeNetwork({
      ...deepLabDefaults,
      head: 'v3+',
      atrousRates: [6, 12],
    });
    const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
    const v3 = new Set(describeNetwork(deepLabDefaults).parameters.map(({ name }) => name));
    const own = [...shapes.keys()].filter((name) => !v3.has(name) && /weights$/.test(name));
    expect(Object.fromEntries(own.map((name) => [name, shapes.get(name)]))).toEqual({
      'aspp1_depthwise/depthwise_weights': [320, 1, 3, 3],
      'aspp1_pointwise/weights': [256, 320, 1, 1],
      'aspp2_depthwise/depthwise_weights': [320, 1, 3, 3],
      'aspp2_pointwise/weights': [256, 320, 1, 1],
      'decoder/feature_projection0/weights': [48, 144, 1, 1],
      'decoder/decoder_conv0_depthwise/depthwise_weights': [304, 1, 3, 3],
      'decoder/decoder_conv0_pointwise/weights': [256, 304, 1, 1],
      'decoder/decoder_conv1_depthwise/depthwise_weights': [256, 1, 3, 3],
      'decoder/decoder_conv1_pointwise/weights': [256, 256, 1, 1],
    });
    expect(shapes.get('concat_projection/weights')).toEqual([256, 4 * 256, 1, 1]);
  });

  it('at multiplier 0.5 are as wide as the released files', () => {
    const { parameters } = describeNetwork({ ...deepLabDefaults, depthMultiplier: 0.5 });
    const filters = (pattern: RegExp) =>
      parameters.filter(({ name }) => pattern.test(name)).map(({ shape }) => shape[0]);
    expect(filters(/project\/weights$/)).toEqual([
      8, 12, 12, 16, 16, 16, 32, 32, 32, 32, 48, 48, 48, 80, 80, 80, 160,
    ]);
    expect(filters(/depthwise_weights$/)).toEqual([
      16, 48, 72, 72, 96, 96, 96, 192, 192, 192, 192, 288, 288, 288, 480, 480, 480,
    ]);
  });
});

describe('a network at an output stride', () => {
  it.each([
    [4, 129, 8],
    [8, 65, 4],
    [16, 33, 2],
    [32, 17, 1],
  ] as const)(
    'of %i has features of %i pixels at 513, last rate %i',
    (outputStride, side, rate) => {
      const graph = built({ outputStride }, 513, 513);
      const last = convolution(graph, 'MobilenetV2/expanded_conv_16/depthwise');
      expect(last.outputs[0]?.shape.slice(2)).toEqual([side, side]);
      expect(last.attributes.dilations).toEqual([rate, rate]);
      for (const node of graph.nodes) {
        const pointwise = node.op === 'Conv' && node.inputs[1]?.shape[2] === 1;
        if (pointwise) expect(node.attributes.dilations).toEqual([1, 1]);
      }
    },
  );

  it.each([
    [8, [12, 24, 36]],
    [16, [6, 12, 18]],
    [32, [3, 6, 9]],
  ] as const)('of %i has rates %j in ASPP', (outputStride, rates) => {
    const graph = built({ outputStride, atrousRates: [6, 12, 18] }, 65, 65);
    const found = [1, 2, 3].map(
      (branch) => convolution(graph, `aspp${branch}_depthwise`).attributes.dilations[0],
    );
    expect(found).toEqual(rates);
  });
});

describe('the decoder', () => {
  it.each([
    [513, 513, [129, 129]],
    [257, 129, [65, 33]],
    [96, 200, [24, 50]],
  ] as const)('works at stride 4 of a picture of %i x %i', (height, width, size) => {
    for (const outputStride of [8, 16, 32] as const) {
      const graph = built({ head: 'v3+', outputStride }, height, width);
      const [input] = convolution(graph, 'decoder/decoder_conv0_depthwise').inputs;
      expect(input?.shape).toEqual([1, 304, ...size]);
      expect(graph.outputs[0]?.value.shape).toEqual([1, 21, ...size]);
    }
  });
});

it('drops activations by a mask that is fed, in training that asks for it', () => {
  const masks = (mode: Mode) => {
    const builder = new GraphBuilder();
    const layers = new Layers(builder, mode);
    deepLab(layers, builder.input('image', 'float32', [2, 3, 65, 65]), deepLabDefaults);
    return layers.dropoutMasks.map(({ name, shape }) => [name, shape]);
  };
  expect(masks({ kind: 'train', batchNorm: 'batch', dropout: true })).toEqual([
    ['concat_projection/dropout/mask', [2, 256, 5, 5]],
  ]);
  expect(masks({ kind: 'train', batchNorm: 'batch' })).toEqual([]);
  const weights = livelyWeights(describeNetwork(deepLabDefaults), seededRandom(1));
  expect(masks({ kind: 'infer', weights })).toEqual([]);
});
