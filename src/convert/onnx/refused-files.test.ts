import { describe, expect, it } from 'vitest';
import { FormatError, UnsupportedError } from '../../core/errors.js';
import { float32, int64, tensor } from '../../core/tensor.js';
import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  type OnnxAttribute,
  stringAttribute,
} from '../../formats/onnx/index.js';
import { graph, node } from '../../formats/onnx/model.fixture.js';
import { type ForeignFile, foreignModel, graphAt } from './foreign.fixture.js';

function open(file: Partial<ForeignFile>, shape: readonly number[] = [1, 3, 4, 4]): unknown {
  const whole = { opset: 17, shape: [1, 3, 'height', 'width'], nodes: [], ...file };
  return graphAt(foreignModel(whole), shape);
}

describe('an operator without a counterpart', () => {
  it('is named with its position and the file', () => {
    const nodes = [node('Relu', ['x'], ['a']), node('Einsum', ['a'], ['y'])];
    expect(() => open({ nodes })).toThrow(UnsupportedError);
    expect(() => open({ nodes })).toThrow(
      'm.onnx, node 1 (Einsum "Einsum_y"): operator ai.onnx.Einsum is not known',
    );
  });

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'is refused even where it is called "%s"',
    (opType) => {
      expect(() => open({ nodes: [node(opType, ['x'], ['y'])] })).toThrow(/is not known$/);
      const nodes = [{ ...node(opType, ['x'], ['y']), domain: 'org.example' }];
      expect(() => open({ nodes })).toThrow(/operator org\.example\..* is not known$/);
    },
  );

  it('is refused where control flow depends on the data', () => {
    const branch = { kind: 'graph', value: graph({}) } as const;
    const nodes = [node('If', ['x'], ['y'], { then_branch: branch, else_branch: branch })];
    expect(() => open({ nodes })).toThrow(/node 0 \(If "If_y"\): operator ai\.onnx\.If/);
  });
});

describe('an attribute that would be ignored', () => {
  it.each<[string, string, readonly string[], Readonly<Record<string, OnnxAttribute>>]>([
    ['output_shape', 'ConvTranspose', ['w'], { output_shape: intsAttribute([9, 9]) }],
    [
      'keep_aspect_ratio_policy',
      'Resize',
      ['', 's'],
      { keep_aspect_ratio_policy: stringAttribute('not_larger') },
    ],
    ['exclude_outside', 'Resize', ['', 's'], { exclude_outside: intAttribute(1) }],
    [
      'dilations',
      'AveragePool',
      [],
      { kernel_shape: intsAttribute([2, 2]), dilations: intsAttribute([2, 2]) },
    ],
    ['noop_with_empty_axes', 'ReduceSum', [], { noop_with_empty_axes: intAttribute(1) }],
    ['broadcast', 'Add', ['x'], { broadcast: intAttribute(1), axis: intAttribute(0) }],
    ['whatever', 'Relu', [], { whatever: floatAttribute(1) }],
  ])('%s is refused', (name, op, inputs, attributes) => {
    const constants = {
      w: float32([3, 1, 2, 2], new Array(12).fill(1)),
      s: float32([4], [1, 1, 2, 2]),
    };
    const nodes = [node(op, ['x', ...inputs], ['y'], attributes)];
    expect(() => open({ nodes, constants })).toThrow(UnsupportedError);
    expect(() => open({ nodes, constants })).toThrow(`attribute ${name} = `);
  });

  it('of another kind than the operator has is refused', () => {
    const nodes = [node('Softmax', ['x'], ['y'], { axis: floatAttribute(1) })];
    expect(() => open({ nodes })).toThrow(/attribute axis is of kind float, not int$/);
  });

  it.each([
    ['batch norm in training mode', 'BatchNormalization', { training_mode: intAttribute(1) }],
    ['reshaping with allowzero', 'Reshape', { allowzero: intAttribute(1) }],
    ['resizing with antialiasing', 'Resize', { antialias: intAttribute(1) }],
  ])('%s is refused', (problem, op, attributes) => {
    const nodes = [node(op, ['x', 's', 's', 's', 's'], ['y'], attributes)];
    const constants = { s: float32([3], [1, 1, 1]) };
    expect(() => open({ nodes, constants })).toThrow(`(${op} "${op}_y"): ${problem}`);
  });

  it('dropout in training mode is refused', () => {
    const nodes = [node('Dropout', ['x', '', 'training'], ['y'])];
    const constants = { training: tensor('bool', [], Uint8Array.of(1)) };
    expect(() => open({ nodes, constants })).toThrow(/dropout in training mode/);
  });
});

describe('a file that contradicts itself', () => {
  it('tells which node, and what does not fit', () => {
    const nodes = [node('Conv', ['x', 'w'], ['y'])];
    const constants = { w: float32([1, 2, 1, 1], [1, 2]) };
    expect(() => open({ nodes, constants })).toThrow(FormatError);
    expect(() => open({ nodes, constants })).toThrow(
      /^m\.onnx, node 0 \(Conv "Conv_y"\): .*weights and input disagree on the channels/,
    );
  });

  it.each([
    [
      'a node reads what nothing makes',
      [node('Add', ['x', 'nothing'], ['y'])],
      /node 0 \(Add\): reads "nothing"/,
    ],
    [
      'a node reads what is made later',
      [node('Relu', ['b'], ['y']), node('Relu', ['x'], ['b'])],
      /reads "b"/,
    ],
    ['an output is made by nothing', [node('Relu', ['x'], ['z'])], /^m\.onnx, output: reads "y"/],
    [
      'a value is made twice',
      [node('Relu', ['x'], ['y']), node('Abs', ['x'], ['y'])],
      /makes "y" a second time/,
    ],
    ['a node makes its own input', [node('Relu', ['x'], ['x'])], /makes "x" a second time/],
    ['inputs are missing', [node('Conv', ['x'], ['y'])], /Conv "Conv_y"\): input 1 is missing/],
  ])('%s', (_title, nodes, message) => {
    expect(() => open({ nodes })).toThrow(message);
  });

  it('a size computed from the data is refused', () => {
    const nodes = [
      node('Cast', ['x'], ['i'], { to: intAttribute(7) }),
      node('Flatten', ['i'], ['f'], { axis: intAttribute(4) }),
      node('Reshape', ['x', 'f'], ['y']),
    ];
    expect(() => open({ nodes })).toThrow(/the shape \(input 1\) must be constant/);
  });

  it.each([[int64([-1, 4])], [int64([2 ** 40, 2 ** 40])], [float32([1], [2])]])(
    'a shape to fill that makes no sense does not eat memory',
    (shape) => {
      const nodes = [
        node('ConstantOfShape', ['shape'], ['filled']),
        node('Relu', ['filled'], ['relu']),
        node('ReduceSum', ['relu'], ['sum']),
        node('Add', ['x', 'sum'], ['y']),
      ];
      const before = process.memoryUsage().rss;
      try {
        open({ nodes, constants: { shape } });
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
    },
  );
});

describe('an input of another kind', () => {
  const nodes = [node('Relu', ['x'], ['y'])];

  it.each<[string, readonly (number | string)[]]>([
    ['one channel', ['batch', 1, 'height', 'width']],
    ['a fixed other size', [1, 3, 7, 4]],
    ['a text', ['batch', 'sequence']],
  ])('is refused: %s', (_title, shape) => {
    expect(() => open({ nodes, shape })).toThrow(UnsupportedError);
    expect(() => open({ nodes, shape })).toThrow(
      /^m\.onnx, input "x": .*another shape \(expected \[.*\], found \[1, 3, 4, 4\]\); this may be/,
    );
  });

  it('may have any batch', () => {
    expect(() => open({ nodes, shape: [8, 3, 4, 4] })).not.toThrow();
  });
});
