import { type Tensor, tensor, toNumbers } from '../../core/tensor.js';
import { fromNumbers } from '../../graph/constants/strided.js';
import type { Value } from '../../graph/graph.js';
import { addAs, genericAttributes, operatorNamed } from './add-operator.js';
import type { NodeImport } from './import-scope.js';
import { requireNeutralRest } from './neutral-attributes.js';

/** Adds what a node of the file stands for and returns its outputs. */
type NodeImporter = (scope: NodeImport) => readonly Value[];

/** Importers of operators whose form changed between versions, or that the graph has no own form of. */
const importers: { readonly [opType: string]: NodeImporter } = {
  Constant: (scope) => {
    const value = constantValue(scope);
    return [scope.constant(value, 'value')];
  },
  ConstantOfShape: (scope) => {
    const fill = scope.attribute('value', 'tensor') ?? fromNumbers('float32', [1], [0]);
    if (fill.data.length !== 1) return scope.unsupported('a fill of other than one number');
    const value = scope.constant({ ...fill, shape: [] }, 'value');
    return [scope.builder.add('Expand', [value, scope.input(0)], {}, { name: scope.name })];
  },
  Dropout: (scope) => {
    const training = scope.inputs[2];
    if (training !== undefined && constantNumbers(scope, 2)[0] !== 0)
      return scope.unsupported('dropout in training mode');
    return [scope.input(0)];
  },
  Sum: (scope) => {
    const [first, ...rest] = scope.inputs.map((_, position) => scope.input(position));
    if (first === undefined) return scope.unsupported('no inputs');
    return [rest.reduce((sum, term) => scope.builder.add('Add', [sum, term], {}), first)];
  },
  Conv: (scope) =>
    addAs(scope, 'Conv', scope.inputs, windowAttributes(scope, weightsKernel(scope, 1))),
  ConvTranspose: (scope) =>
    addAs(scope, 'ConvTranspose', scope.inputs, windowAttributes(scope, weightsKernel(scope, 1))),
  QLinearConv: (scope) =>
    addAs(scope, 'QLinearConv', scope.inputs, windowAttributes(scope, weightsKernel(scope, 3))),
  MaxPool: (scope) =>
    addAs(scope, 'MaxPool', scope.inputs, windowAttributes(scope, scope.ints('kernel_shape'))),
  AveragePool: (scope) =>
    addAs(scope, 'AveragePool', scope.inputs, windowAttributes(scope, scope.ints('kernel_shape'))),
  Clip: (scope) => {
    const bound = (name: 'min' | 'max', position: number): Value | undefined => {
      const value = scope.attribute(name, 'float');
      return value === undefined
        ? scope.inputs[position]
        : scope.constant(fromNumbers(scope.input(0).dtype, [], [value]), name);
    };
    return addAs(scope, 'Clip', [scope.input(0), bound('min', 1), bound('max', 2)], {});
  },
  BatchNormalization: (scope) => {
    if (scope.int('training_mode', 0) === 1) scope.unsupported('batch norm in training mode');
    return addAs(
      scope,
      'BatchNormalization',
      scope.inputs,
      genericAttributes(scope, 'BatchNormalization'),
    );
  },
  Softmax: (scope) => softmax(scope, 'Softmax'),
  LogSoftmax: (scope) => softmax(scope, 'LogSoftmax'),
  Squeeze: (scope) => addAs(scope, 'Squeeze', [scope.input(0), scope.listInput(1, 'axes')], {}),
  Unsqueeze: (scope) => addAs(scope, 'Unsqueeze', [scope.input(0), scope.listInput(1, 'axes')], {}),
  ReduceSum: (scope) =>
    addAs(scope, 'ReduceSum', [scope.input(0), scope.listInput(1, 'axes')], {
      keepdims: scope.int('keepdims', 1),
    }),
  ReduceMean: (scope) => reduce(scope, 'ReduceMean'),
  ReduceMax: (scope) => reduce(scope, 'ReduceMax'),
  ReduceMin: (scope) => reduce(scope, 'ReduceMin'),
  Split: (scope) =>
    addAs(scope, 'Split', [scope.input(0), scope.listInput(1, 'split')], {
      axis: scope.int('axis', 0),
    }),
  Slice: (scope) =>
    addAs(
      scope,
      'Slice',
      [
        scope.input(0),
        scope.listInput(1, 'starts'),
        scope.listInput(2, 'ends'),
        scope.listInput(3, 'axes'),
        scope.inputs[4],
      ],
      {},
    ),
  Pad: (scope) => {
    if (scope.inputs[3] !== undefined) scope.unsupported('padding of chosen axes');
    const value = scope.attribute('value', 'float');
    const fill =
      value === undefined
        ? scope.inputs[2]
        : scope.constant(fromNumbers('float32', [], [value]), 'value');
    const mode = scope.attribute('mode', 'string') ?? 'constant';
    return addAs(scope, 'Pad', [scope.input(0), scope.listInput(1, 'pads'), fill], { mode });
  },
  Upsample: (scope) => scaleUp(scope, scope.inputs[1] ?? scalesInput(scope)),
  Resize: (scope) => {
    if (scope.node.attributes.has('axes')) scope.unsupported('resizing of chosen axes');
    if (scope.int('antialias', 0) === 1) scope.unsupported('resizing with antialiasing');
    if (scope.opset >= 11) {
      const [x, , scales, sizes] = scope.inputs;
      const given = sizes === undefined ? [scales] : [undefined, sizes];
      return addAs(scope, 'Resize', [x, undefined, ...given], genericAttributes(scope, 'Resize'));
    }
    return scaleUp(scope, scope.input(1));
  },
  QuantizeLinear: (scope) => quantisation(scope, 'QuantizeLinear'),
  DequantizeLinear: (scope) => quantisation(scope, 'DequantizeLinear'),
  Shape: (scope) => {
    const { shape } = scope.input(0);
    const part = shape.slice(scope.int('start', 0), scope.int('end', shape.length));
    return [scope.constant(fromNumbers('int64', [part.length], part), 'shape')];
  },
  Transpose: (scope) => {
    const perm = scope.ints('perm') ?? [...scope.input(0).shape.keys()].reverse();
    return addAs(scope, 'Transpose', scope.inputs, { perm });
  },
  Reshape: (scope) => {
    if (scope.int('allowzero', 0) === 1) scope.unsupported('reshaping with allowzero');
    return addAs(scope, 'Reshape', scope.inputs, {});
  },
};

/**
 * Adds a node of the file to the graph being built.
 *
 * @throws UnsupportedError where the node has no counterpart, or says what that would ignore.
 */
export function importNode(scope: NodeImport): readonly Value[] {
  const { opType, domain } = scope.node;
  const standard = domain === '' || domain === 'ai.onnx';
  const own = standard && Object.hasOwn(importers, opType) ? importers[opType] : undefined;
  const outputs = own?.(scope) ?? importAsItIs(scope);
  requireNeutralRest(scope);
  return outputs;
}

function importAsItIs(scope: NodeImport): readonly Value[] {
  const { opType, domain } = scope.node;
  const op = operatorNamed(scope.node);
  if (op === undefined)
    return scope.unsupported(`operator ${domain || 'ai.onnx'}.${opType} is not known`);
  return addAs(scope, op, scope.inputs, genericAttributes(scope, op));
}

function weightsKernel(scope: NodeImport, position: number): readonly number[] {
  return scope.input(position).shape.slice(2);
}

/** Attributes of a sliding window, with automatic padding worked out. */
function windowAttributes(scope: NodeImport, kernel: readonly number[] | undefined) {
  if (kernel?.length !== 2) return scope.unsupported('windows over other than two axes');
  const attributes = genericAttributes(scope, scope.node.opType as 'MaxPool');
  const automatic = scope.attribute('auto_pad', 'string') ?? 'NOTSET';
  if (automatic === 'NOTSET') return attributes;
  if (automatic === 'VALID') return { ...attributes, pads: [0, 0, 0, 0] };
  if (scope.node.opType === 'ConvTranspose') return scope.unsupported('automatic padding');
  const size = scope.input(0).shape.slice(2);
  const total = kernel.map((extent, axis) => {
    const stride = attributes.strides?.[axis] ?? 1;
    const reach = (extent - 1) * (attributes.dilations?.[axis] ?? 1) + 1;
    const length = size[axis] ?? 0;
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach - length);
  });
  const less = total.map((amount) => Math.floor(amount / 2));
  const more = total.map((amount) => Math.ceil(amount / 2));
  return {
    ...attributes,
    pads: automatic === 'SAME_LOWER' ? [...more, ...less] : [...less, ...more],
  };
}

/** Before version 13, softmax ran over all axes from `axis` (1 unless told) on, as one. */
function softmax(scope: NodeImport, op: 'Softmax' | 'LogSoftmax'): readonly Value[] {
  if (scope.opset >= 13) return addAs(scope, op, scope.inputs, genericAttributes(scope, op));
  const input = scope.input(0);
  const axis = scope.int('axis', 1);
  const flat = scope.builder.add('Flatten', [input], { axis }, { name: `${scope.name}/flat` });
  const result = scope.builder.add(op, [flat], { axis: -1 }, { name: scope.name });
  const shape = scope.constant(fromNumbers('int64', [input.shape.length], input.shape), 'shape');
  return [scope.builder.add('Reshape', [result, shape], {})];
}

/** From version 18 on, the axes of these reductions are an input. */
function reduce(scope: NodeImport, op: 'ReduceMax' | 'ReduceMean' | 'ReduceMin'): readonly Value[] {
  const axes = scope.inputs[1] === undefined ? scope.ints('axes') : constantNumbers(scope, 1);
  return addAs(scope, op, [scope.input(0)], {
    ...(axes === undefined ? {} : { axes }),
    keepdims: scope.int('keepdims', 1),
  });
}

/** The zero point may be left out in files; in the graph it is always there. */
function quantisation(
  scope: NodeImport,
  op: 'QuantizeLinear' | 'DequantizeLinear',
): readonly Value[] {
  const [input, scale, zeroPoint] = scope.inputs;
  if (scale === undefined || input === undefined) return scope.unsupported('no scale');
  const dtype = op === 'QuantizeLinear' ? 'uint8' : input.dtype;
  const zeros = new Array<number>(scale.constant?.data.length ?? 1).fill(0);
  const zero = zeroPoint ?? scope.constant(fromNumbers(dtype, scale.shape, zeros), 'zero_point');
  return addAs(scope, op, [input, scale, zero], genericAttributes(scope, op));
}

/** Resizing as it was before version 11. */
function scaleUp(scope: NodeImport, scales: Value): readonly Value[] {
  const mode = scope.attribute('mode', 'string') ?? 'nearest';
  return addAs(scope, 'Resize', [scope.input(0), undefined, scales], {
    mode: mode === 'bilinear' ? 'linear' : mode,
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

function scalesInput(scope: NodeImport): Value {
  const scales = scope.attribute('scales', 'floats');
  if (scales === undefined) return scope.unsupported('no scales');
  return scope.constant(tensor('float32', [scales.length], scales), 'scales');
}

function constantNumbers(scope: NodeImport, position: number): readonly number[] {
  const { constant } = scope.input(position);
  if (constant === undefined)
    return scope.unsupported(`input ${position} is computed from the data`);
  return toNumbers(constant);
}

function constantValue(scope: NodeImport): Tensor {
  const whole = scope.attribute('value', 'tensor');
  if (whole !== undefined) return whole;
  const float = scope.attribute('value_float', 'float');
  if (float !== undefined) return fromNumbers('float32', [], [float]);
  const int = scope.attribute('value_int', 'int');
  if (int !== undefined) return fromNumbers('int64', [], [Number(int)]);
  const ints = scope.ints('value_ints');
  if (ints !== undefined) return fromNumbers('int64', [ints.length], ints);
  const floats = scope.attribute('value_floats', 'floats');
  if (floats !== undefined) return tensor('float32', [floats.length], floats);
  return scope.unsupported('a constant of this kind');
}
