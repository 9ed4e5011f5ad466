import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../core/random.js';
import { float32, int64, tensor } from '../../core/tensor.js';
import { intAttribute, intsAttribute, stringAttribute } from '../../formats/onnx/index.js';
import { node } from '../../formats/onnx/model.fixture.js';
import type { Graph } from '../../graph/graph.js';
import { simplify } from '../../graph/passes/simplify.js';
import { randomTensor } from '../../graph/random-call.fixture.js';
import { expectSameAsFile, foreignModel } from './foreign.fixture.js';

const dynamic = ['batch', 3, 'height', 'width'] as const;

function operatorsOf({ nodes }: Graph): readonly string[] {
  return nodes.map(({ op }) => op);
}

function weights(random: Random) {
  const given = (shape: readonly number[]) => randomTensor(random, 'float32', shape);
  return {
    'backbone.0.weight': given([4, 3, 3, 3]),
    'backbone.1.weight': given([4]),
    'backbone.1.bias': given([4]),
    'backbone.1.running_mean': given([4]),
    'backbone.1.running_var': randomTensor(random, 'float32', [4], 'positive'),
  };
}

/** Convolution of stride 2, batch norm and relu, as PyTorch writes them. */
const backbone = [
  node('Conv', ['x', 'backbone.0.weight'], ['/backbone/0/Conv_output_0'], {
    dilations: intsAttribute([1, 1]),
    group: intAttribute(1),
    kernel_shape: intsAttribute([3, 3]),
    pads: intsAttribute([1, 1, 1, 1]),
    strides: intsAttribute([2, 2]),
  }),
  node(
    'BatchNormalization',
    [
      '/backbone/0/Conv_output_0',
      'backbone.1.weight',
      'backbone.1.bias',
      'backbone.1.running_mean',
      'backbone.1.running_var',
    ],
    ['/backbone/1/BatchNormalization_output_0'],
    {
      epsilon: { kind: 'float', value: Math.fround(1e-5) },
      momentum: { kind: 'float', value: Math.fround(0.9) },
      training_mode: intAttribute(0),
    },
  ),
  node('Relu', ['/backbone/1/BatchNormalization_output_0'], ['features']),
];

const constantNode = (name: string, value: ReturnType<typeof int64>) =>
  node('Constant', [], [name], { value: { kind: 'tensor', value } });

describe('what PyTorch exports', () => {
  it('convolution, batch norm and relu at any batch and size become one convolution', async () => {
    const file = foreignModel({
      opset: 17,
      shape: dynamic,
      constants: weights(seededRandom(1)),
      nodes: [...backbone, node('Identity', ['features'], ['y'])],
    });
    for (const shape of [
      [1, 3, 8, 10],
      [2, 3, 5, 7],
    ]) {
      const graph = await expectSameAsFile(file, shape);
      expect(graph.outputs[0]?.value.shape.slice(2)).toEqual(
        [shape[2], shape[3]].map((s = 0) => Math.ceil(s / 2)),
      );
      expect(operatorsOf(simplify(graph))).toEqual(['Conv', 'Relu']);
    }
  });

  it('a resize to the size of the image, computed from shapes, is worked out', async () => {
    const file = foreignModel({
      opset: 14,
      shape: dynamic,
      constants: {
        axis: int64([0]),
        ...weights(seededRandom(2)),
        roi: float32([0], []),
        scales: float32([0], []),
      },
      nodes: [
        ...backbone,
        node('Shape', ['x'], ['image_shape']),
        constantNode('two', int64([2], [])),
        constantNode('three', int64([3], [])),
        node('Gather', ['image_shape', 'two'], ['height'], { axis: intAttribute(0) }),
        node('Gather', ['image_shape', 'three'], ['width'], { axis: intAttribute(0) }),
        node('Unsqueeze', ['height', 'axis'], ['height_1d']),
        node('Unsqueeze', ['width', 'axis'], ['width_1d']),
        node('Concat', ['height_1d', 'width_1d'], ['size'], { axis: intAttribute(0) }),
        node('Cast', ['size'], ['size_int'], { to: intAttribute(7) }),
        node('Shape', ['features'], ['feature_shape']),
        constantNode('zero_1d', int64([0])),
        constantNode('two_1d', int64([2])),
        node('Slice', ['feature_shape', 'zero_1d', 'two_1d', 'zero_1d'], ['kept']),
        node('Concat', ['kept', 'size_int'], ['sizes'], { axis: intAttribute(0) }),
        node('Resize', ['features', 'roi', 'scales', 'sizes'], ['y'], {
          coordinate_transformation_mode: stringAttribute('pytorch_half_pixel'),
          cubic_coeff_a: { kind: 'float', value: -0.75 },
          mode: stringAttribute('linear'),
          nearest_mode: stringAttribute('floor'),
        }),
      ],
    });
    const graph = await expectSameAsFile(file, [1, 3, 9, 14]);
    expect(operatorsOf(graph)).toEqual(['Conv', 'BatchNormalization', 'Relu', 'Resize']);
    expect(graph.outputs[0]?.value.shape).toEqual([1, 4, 9, 14]);
  });

  it('a resize by a factor, computed in floats, is worked out', async () => {
    const file = foreignModel({
      opset: 13,
      shape: dynamic,
      constants: {
        one: int64([1]),
        two: int64([2]),
        four: int64([4]),
        zero: int64([0]),
        factor: float32([], [1.5]),
        none: float32([0], []),
      },
      nodes: [
        node('Shape', ['x'], ['shape']),
        node('Slice', ['shape', 'two', 'four', 'zero'], ['size']),
        node('Cast', ['size'], ['size_float'], { to: intAttribute(1) }),
        node('Mul', ['size_float', 'factor'], ['larger']),
        node('Floor', ['larger'], ['whole']),
        node('Cast', ['whole'], ['whole_int'], { to: intAttribute(7) }),
        node('Slice', ['shape', 'zero', 'two', 'zero'], ['kept']),
        node('Concat', ['kept', 'whole_int'], ['sizes'], { axis: intAttribute(0) }),
        node('Resize', ['x', '', 'none', 'sizes'], ['y'], {
          coordinate_transformation_mode: stringAttribute('align_corners'),
          mode: stringAttribute('linear'),
        }),
      ],
    });
    const graph = await expectSameAsFile(file, [1, 3, 5, 7]);
    expect(operatorsOf(graph)).toEqual(['Resize']);
    expect(graph.outputs[0]?.value.shape).toEqual([1, 3, 7, 10]);
  });

  it('flattening and adaptive pooling keep the batch', async () => {
    const file = foreignModel({
      opset: 17,
      shape: dynamic,
      constants: { zero: int64([0], []), rest: int64([-1]), axis: int64([0]) },
      nodes: [
        node('GlobalAveragePool', ['x'], ['pooled']),
        node('Shape', ['x'], ['shape'], {}),
        node('Gather', ['shape', 'zero'], ['batch']),
        node('Unsqueeze', ['batch', 'axis'], ['batch_1d']),
        node('Concat', ['batch_1d', 'rest'], ['target'], { axis: intAttribute(0) }),
        node('Reshape', ['pooled', 'target'], ['y'], { allowzero: intAttribute(0) }),
      ],
    });
    const graph = await expectSameAsFile(file, [2, 3, 4, 4]);
    expect(graph.outputs[0]?.value.shape).toEqual([2, 3]);
  });

  it('the choice of a shape by Where and ConstantOfShape (expand) is worked out', async () => {
    const file = foreignModel({
      opset: 17,
      shape: dynamic,
      constants: { minus: int64([-1], []), four: int64([4]), wanted: int64([2, -1, 4, -1]) },
      nodes: [
        node('ConstantOfShape', ['four'], ['ones'], {
          value: { kind: 'tensor', value: int64([1]) },
        }),
        node('Mul', ['ones', 'minus'], ['minuses']),
        node('Equal', ['wanted', 'minuses'], ['open']),
        node('Where', ['open', 'ones', 'wanted'], ['target']),
        node('Expand', ['x', 'target'], ['y']),
      ],
    });
    const graph = await expectSameAsFile(file, [1, 3, 4, 5]);
    expect(operatorsOf(graph)).toEqual(['Expand']);
  });

  it('parts of a shape (opset 15) are worked out', async () => {
    for (const [start, end] of [
      [2, 4],
      [-2, 99],
      [0, -1],
      [1, 1],
    ] as const) {
      const file = foreignModel({
        opset: 15,
        shape: dynamic,
        nodes: [
          node('Shape', ['x'], ['y'], { start: intAttribute(start), end: intAttribute(end) }),
        ],
      });
      const graph = await expectSameAsFile(file, [1, 3, 5, 7]);
      expect(graph.nodes).toHaveLength(0);
    }
  });

  it('8-bit weights with their scale per channel are dequantised', async () => {
    const random = seededRandom(6);
    const file = foreignModel({
      opset: 13,
      shape: dynamic,
      constants: {
        stored: randomTensor(random, 'int8', [4, 3, 3, 3]),
        scale: randomTensor(random, 'float32', [4], 'positive'),
        zero: tensor('int8', [4], new Int8Array(4)),
      },
      nodes: [
        node('DequantizeLinear', ['stored', 'scale', 'zero'], ['w'], { axis: intAttribute(0) }),
        node('Conv', ['x', 'w'], ['y']),
      ],
    });
    const graph = await expectSameAsFile(file, [1, 3, 6, 6]);
    expect(operatorsOf(graph)).toEqual(['Conv']);
  });
});

describe('files of other programs', () => {
  it('may list their weights among the inputs', async () => {
    const file = foreignModel({
      opset: 9,
      shape: dynamic,
      constants: weights(seededRandom(3)),
      nodes: [...backbone.slice(0, 1), node('Relu', ['/backbone/0/Conv_output_0'], ['y'])],
    });
    const listed = file.graph.initializers.map(({ name, tensor: { dtype, shape } }) => ({
      name,
      dtype,
      shape,
    }));
    const inputs = [...listed, ...file.graph.inputs];
    const graph = await expectSameAsFile(
      { ...file, irVersion: 3, graph: { ...file.graph, inputs: inputs.toReversed() } },
      [1, 3, 6, 6],
    );
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('may name things in any script, or not at all', async () => {
    const file = foreignModel({
      opset: 17,
      shape: [2, 3],
      constants: { 'Gewicht "ä"\n': float32([3], [1, 2, 3]), '': float32([1], [9]) },
      nodes: [
        { ...node('Mul', ['x', 'Gewicht "ä"\n'], ['结果::0']), name: '' },
        { ...node('Relu', ['结果::0'], ['y']), name: '' },
      ],
    });
    const { initializers } = file.graph;
    const named = { ...file.graph, initializers: initializers.filter(({ name }) => name !== '') };
    await expectSameAsFile({ ...file, graph: named }, [2, 3]);
  });
});
