import { float32, int64 } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import type { AttributesInOf } from '../../graph/operators.js';

/** The inputs of a layer's graph by their names. */
export type Inputs = (name: string) => Value;

/** Builds a layer and its loss, the same as its namesake in tools/golden/gradients.py. */
export type Layer = (
  builder: GraphBuilder,
  input: Inputs,
) => { readonly output: Value; readonly loss: Value };

type Activation = 'none' | 'relu' | 'relu6';

const epsilon = 1e-3;

function scalar(builder: GraphBuilder, value: number): Value {
  return builder.constant(float32([], [value]));
}

function sum(builder: GraphBuilder, value: Value, axes?: readonly number[]): Value {
  const along = axes && builder.constant(int64(axes));
  return builder.add('ReduceSum', [value, along], { keepdims: 0 });
}

/** Convolution, batch norm in training mode, activation. */
function block(
  builder: GraphBuilder,
  input: Inputs,
  x: Value,
  name: string,
  activation: Activation,
  attributes: AttributesInOf<'Conv'> = {},
): Value {
  const y = builder.add('Conv', [x, input(`${name}/weights`)], attributes);
  const norm = [y, input(`${name}/gamma`), input(`${name}/beta`)];
  const [z = y] = builder.addAll('BatchNormTraining', norm, { epsilon }, { outputs: 3 });
  switch (activation) {
    case 'none':
      return z;
    case 'relu':
      return builder.add('Relu', [z], {});
    case 'relu6':
      return builder.add('Clip', [z, scalar(builder, 0), scalar(builder, 6)], {});
  }
}

function resized(builder: GraphBuilder, x: Value, height: number, width: number): Value {
  const sizes = builder.constant(int64([...x.shape.slice(0, 2), height, width]));
  return builder.add('Resize', [x, undefined, undefined, sizes], {
    mode: 'linear',
    coordinate_transformation_mode: 'align_corners',
  });
}

function weightedSum(builder: GraphBuilder, input: Inputs, output: Value) {
  return { output, loss: sum(builder, builder.add('Mul', [output, input('factors')], {})) };
}

/** 1 where a pixel's label is the class, [N, C, H, W]. */
function oneHot(builder: GraphBuilder, labels: Value, classes: number): Value {
  const planes = builder.add('Unsqueeze', [labels, builder.constant(int64([1]))], {});
  const numbers = Array.from({ length: classes }, (_, at) => at);
  const indices = builder.constant(int64(numbers, [1, classes, 1, 1]));
  return builder.add('Cast', [builder.add('Equal', [planes, indices], {})], { to: 1 });
}

/** The layers of the golden files, by the files' names. */
export const layers: Readonly<Record<string, Layer>> = {
  'conv-norm-relu6': (builder, input) => {
    const settings = { strides: [2, 2], pads: [1, 1, 1, 1] };
    return weightedSum(
      builder,
      input,
      block(builder, input, input('x'), 'conv', 'relu6', settings),
    );
  },
  'inverted-residual': (builder, input) => {
    const x = input('x');
    const expanded = block(builder, input, x, 'expand', 'relu6');
    const depthwise = block(builder, input, expanded, 'depthwise', 'relu6', {
      dilations: [2, 2],
      pads: [2, 2, 2, 2],
      group: expanded.shape[1] ?? 1,
    });
    const projected = block(builder, input, depthwise, 'project', 'none');
    return weightedSum(builder, input, builder.add('Add', [x, projected], {}));
  },
  aspp: (builder, input) => {
    const x = input('x');
    const [, , height = 1, width = 1] = x.shape;
    const mean = builder.add('GlobalAveragePool', [x], {});
    const pooled = block(builder, input, mean, 'pooling', 'relu');
    const atrous = { pads: [3, 3, 3, 3], dilations: [3, 3] };
    const branches = [
      block(builder, input, x, 'aspp0', 'relu'),
      block(builder, input, x, 'aspp1', 'relu', atrous),
      resized(builder, pooled, height, width),
    ];
    const joined = builder.add('Concat', branches, { axis: 1 });
    const y = block(builder, input, joined, 'projection', 'relu');
    return weightedSum(builder, input, resized(builder, y, 9, 11));
  },
  'cross-entropy': (builder, input) => {
    const labels = input('labels');
    const [, height = 1, width = 1] = labels.shape;
    const output = resized(builder, input('x'), height, width);
    const classes = output.shape[1] ?? 1;
    const column = builder.constant(int64([1, classes, 1, 1]));
    const perClass = builder.add('Reshape', [input('weights'), column], {});
    const hot = oneHot(builder, labels, classes);
    const weights = sum(builder, builder.add('Mul', [hot, perClass], {}), [1]);
    const inputs = [output, labels];
    const [losses = output] = builder.addAll('SoftmaxCrossEntropy', inputs, {}, { outputs: 2 });
    const total = sum(builder, builder.add('Mul', [losses, weights], {}));
    return { output, loss: builder.add('Div', [total, sum(builder, weights)], {}) };
  },
  dice: (builder, input) => {
    const output = builder.add('Softmax', [input('x')], { axis: 1 });
    const classes = output.shape[1] ?? 1;
    const truth = oneHot(builder, input('labels'), classes);
    const known = builder.add('ReduceMax', [truth], { axes: [1] });
    const counted = builder.add('Mul', [output, known], {});
    const perClass = (value: Value) => sum(builder, value, [0, 2, 3]);
    const overlap = perClass(builder.add('Mul', [counted, truth], {}));
    const one = scalar(builder, 1);
    const above = builder.add('Add', [builder.add('Add', [overlap, overlap], {}), one], {});
    const union = builder.add('Add', [perClass(counted), perClass(truth)], {});
    const score = builder.add('Div', [above, builder.add('Add', [union, one], {})], {});
    const mean = builder.add('ReduceMean', [score], { keepdims: 0 });
    return { output, loss: builder.add('Sub', [one, mean], {}) };
  },
};
