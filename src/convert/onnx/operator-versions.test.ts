import { describe, expect, it } from 'vitest';
import { float32, int64, type Shape, type Tensor } from '../../core/tensor.js';
import {
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  type OnnxAttribute,
  stringAttribute,
} from '../../formats/onnx/index.js';
import { node } from '../../formats/onnx/model.fixture.js';
import { expectSameAsFile, foreignModel } from './foreign.fixture.js';

interface Version {
  readonly title: string;
  readonly opset: number;
  readonly op: string;
  readonly shape: Shape;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Inputs after `x`; names of the constants in their order unless told. */
  readonly inputs?: readonly string[];
  readonly dtype?: 'float16';
}

const kernel = { kernel_shape: intsAttribute([3, 2]), strides: intsAttribute([2, 2]) };
const filters = {
  w: float32(
    [2, 1, 3, 2],
    Array.from({ length: 12 }, (_, at) => at - 5),
  ),
};
const axes = (...values: readonly number[]) => ({ axes: intsAttribute(values) });

const versions: readonly Version[] = [
  {
    title: 'bounds as attributes',
    op: 'Clip',
    opset: 6,
    shape: [9],
    attributes: { min: floatAttribute(-0.5), max: floatAttribute(1) },
  },
  {
    title: 'one bound as an attribute',
    op: 'Clip',
    opset: 10,
    shape: [9],
    attributes: { max: floatAttribute(0.25) },
  },
  {
    title: 'half-precision bounds',
    op: 'Clip',
    opset: 10,
    shape: [9],
    dtype: 'float16',
    attributes: { min: floatAttribute(0), max: floatAttribute(0.75) },
  },
  {
    title: 'bounds as inputs',
    op: 'Clip',
    opset: 11,
    shape: [9],
    constants: { low: float32([], [0]), high: float32([], [1]) },
  },
  {
    title: 'only the greater bound',
    op: 'Clip',
    opset: 13,
    shape: [9],
    constants: { high: float32([], [0.5]) },
    inputs: ['', 'high'],
  },
  {
    title: 'axes as an attribute',
    op: 'Squeeze',
    opset: 11,
    shape: [1, 3, 1],
    attributes: axes(-1),
  },
  {
    title: 'axes as an input',
    op: 'Squeeze',
    opset: 13,
    shape: [1, 3, 1],
    constants: { a: int64([0]) },
  },
  { title: 'no axes', op: 'Squeeze', opset: 11, shape: [1, 3, 1] },
  {
    title: 'axes as an attribute',
    op: 'Unsqueeze',
    opset: 11,
    shape: [3, 2],
    attributes: axes(0, 3),
  },
  {
    title: 'axes as an input',
    op: 'Unsqueeze',
    opset: 13,
    shape: [3, 2],
    constants: { a: int64([-1]) },
  },
  {
    title: 'axes as an attribute',
    op: 'ReduceMean',
    opset: 13,
    shape: [2, 3, 4],
    attributes: axes(1, -1),
  },
  {
    title: 'axes as an input',
    op: 'ReduceMean',
    opset: 18,
    shape: [2, 3, 4],
    constants: { a: int64([1, 2]) },
    attributes: { keepdims: intAttribute(0) },
  },
  {
    title: 'no axes',
    op: 'ReduceMean',
    opset: 18,
    shape: [2, 3, 4],
    attributes: { noop_with_empty_axes: intAttribute(0) },
  },
  {
    title: 'axes as an input',
    op: 'ReduceMax',
    opset: 18,
    shape: [2, 3, 4],
    constants: { a: int64([0]) },
  },
  {
    title: 'axes as an attribute',
    op: 'ReduceSum',
    opset: 11,
    shape: [2, 3],
    attributes: { ...axes(1), keepdims: intAttribute(0) },
  },
  {
    title: 'axes as an input',
    op: 'ReduceSum',
    opset: 13,
    shape: [2, 3],
    constants: { a: int64([0]) },
  },
  {
    title: 'over all axes from one on',
    op: 'Softmax',
    opset: 11,
    shape: [2, 3, 4],
    attributes: { axis: intAttribute(1) },
  },
  { title: 'over all axes unless told', op: 'LogSoftmax', opset: 9, shape: [2, 3, 4] },
  {
    title: 'over one axis',
    op: 'Softmax',
    opset: 13,
    shape: [2, 3, 4],
    attributes: { axis: intAttribute(1) },
  },
  { title: 'over the last axis unless told', op: 'Softmax', opset: 13, shape: [2, 3, 4] },
  {
    title: 'limits as attributes',
    op: 'Slice',
    opset: 9,
    shape: [5, 6],
    attributes: { starts: intsAttribute([1, -3]), ends: intsAttribute([4, 99]), ...axes(0, 1) },
  },
  {
    title: 'limits as inputs',
    op: 'Slice',
    opset: 10,
    shape: [5, 6],
    constants: { s: int64([4]), e: int64([-9]), a: int64([1]), p: int64([-2]) },
  },
  {
    title: 'attributes',
    op: 'Pad',
    opset: 10,
    shape: [2, 3],
    attributes: { pads: intsAttribute([1, 0, 2, 1]), value: floatAttribute(7) },
  },
  {
    title: 'reflected, attributes',
    op: 'Pad',
    opset: 10,
    shape: [2, 3],
    attributes: { pads: intsAttribute([1, 0, 0, 2]), mode: stringAttribute('reflect') },
  },
  {
    title: 'inputs',
    op: 'Pad',
    opset: 13,
    shape: [2, 3],
    constants: { p: int64([1, 0, 2, 1]), v: float32([], [3]) },
  },
  {
    title: 'scales as an input',
    op: 'Upsample',
    opset: 9,
    shape: [1, 1, 2, 3],
    constants: { s: float32([4], [1, 1, 2, 3]) },
    attributes: { mode: stringAttribute('linear') },
  },
  {
    title: 'scales as an attribute',
    op: 'Upsample',
    opset: 7,
    shape: [1, 1, 2, 3],
    attributes: { scales: floatsAttribute([1, 1, 2, 2]) },
  },
  {
    title: 'scales only',
    op: 'Resize',
    opset: 10,
    shape: [1, 1, 4, 3],
    constants: { s: float32([4], [1, 1, 1.5, 2]) },
    attributes: { mode: stringAttribute('linear') },
  },
  {
    title: 'sizes',
    op: 'Resize',
    opset: 18,
    shape: [1, 1, 4, 3],
    constants: { z: int64([1, 1, 7, 5]) },
    inputs: ['', '', 'z'],
    attributes: {
      mode: stringAttribute('linear'),
      coordinate_transformation_mode: stringAttribute('half_pixel'),
      keep_aspect_ratio_policy: stringAttribute('stretch'),
    },
  },
  {
    title: 'sizes as an attribute',
    op: 'Split',
    opset: 11,
    shape: [4],
    attributes: { split: intsAttribute([4]) },
  },
  {
    title: 'number of outputs',
    op: 'Split',
    opset: 18,
    shape: [4],
    attributes: { num_outputs: intAttribute(1) },
  },
  { title: 'no perm', op: 'Transpose', opset: 13, shape: [2, 3, 4] },
  {
    title: 'any number of terms',
    op: 'Sum',
    opset: 8,
    shape: [2, 3],
    constants: { a: float32([3], [1, 2, 3]), b: float32([2, 1], [10, 20]) },
  },
  {
    title: 'with a ratio',
    op: 'Dropout',
    opset: 11,
    shape: [2, 3],
    attributes: { ratio: floatAttribute(0.3) },
  },
  {
    title: 'with a ratio, not training',
    op: 'Dropout',
    opset: 13,
    shape: [2, 3],
    constants: { r: float32([], [0.3]) },
  },
  {
    title: 'flattening all',
    op: 'Flatten',
    opset: 13,
    shape: [2, 3, 4],
    attributes: { axis: intAttribute(-3) },
  },
  ...(['SAME_UPPER', 'SAME_LOWER', 'VALID'] as const).flatMap((automatic): readonly Version[] => {
    const attributes = { ...kernel, auto_pad: stringAttribute(automatic) };
    return [
      {
        title: automatic,
        op: 'Conv',
        opset: 17,
        shape: [1, 1, 8, 5],
        constants: filters,
        attributes,
      },
      { title: automatic, op: 'MaxPool', opset: 12, shape: [1, 2, 8, 5], attributes },
      { title: automatic, op: 'AveragePool', opset: 11, shape: [1, 2, 8, 5], attributes },
    ];
  }),
  {
    title: 'pads that count',
    op: 'AveragePool',
    opset: 11,
    shape: [1, 2, 8, 5],
    attributes: {
      ...kernel,
      pads: intsAttribute([1, 1, 1, 1]),
      count_include_pad: intAttribute(1),
    },
  },
  {
    title: 'of a last part',
    op: 'MaxPool',
    opset: 12,
    shape: [1, 2, 8, 6],
    attributes: { ...kernel, ceil_mode: intAttribute(1), storage_order: intAttribute(0) },
  },
  {
    title: 'with extra rows',
    op: 'ConvTranspose',
    opset: 11,
    shape: [1, 2, 3, 4],
    constants: filters,
    attributes: {
      ...kernel,
      output_padding: intsAttribute([1, 0]),
      pads: intsAttribute([1, 0, 0, 1]),
    },
  },
];

describe('operators of other versions compute what they mean in their own', () => {
  it.each(
    versions.map(
      (version) => [`${version.op}, opset ${version.opset}: ${version.title}`, version] as const,
    ),
  )('%s', async (_title, { op, opset, shape, constants = {}, attributes = {}, inputs, dtype }) => {
    const given = inputs ?? Object.keys(constants);
    const nodes = [node(op, ['x', ...given], ['y'], attributes)];
    const file = foreignModel({ opset, shape, constants, nodes, ...(dtype && { dtype }) });
    await expectSameAsFile(file, shape);
  });
});

describe('constant nodes', () => {
  it.each<[string, OnnxAttribute]>([
    ['value', { kind: 'tensor', value: float32([2], [1, 2]) }],
    ['value_float', floatAttribute(1.5)],
    ['value_floats', floatsAttribute([1, -2])],
  ])('give their %s', async (name, attribute) => {
    const nodes = [
      node('Constant', [], ['c'], { [name]: attribute }),
      node('Add', ['x', 'c'], ['y']),
    ];
    await expectSameAsFile(foreignModel({ opset: 13, shape: [2], nodes }), [2]);
  });

  it.each<[string, OnnxAttribute]>([
    ['value_int', intAttribute(3)],
    ['value_ints', intsAttribute([3])],
  ])('give their %s', async (name, attribute) => {
    const nodes = [
      node('Constant', [], ['c'], { [name]: attribute }),
      node('Gather', ['x', 'c'], ['y']),
    ];
    const graph = await expectSameAsFile(foreignModel({ opset: 13, shape: [5], nodes }), [5]);
    expect(graph.nodes).toHaveLength(1);
  });
});
