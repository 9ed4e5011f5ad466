import type { Random } from '../core/random.js';
import { elementCount, float32, int64, type Tensor } from '../core/tensor.js';
import type { AttributesInOf, OperatorName } from '../graph/operators.js';
import {
  broadcastable,
  chance,
  fed,
  pick,
  randomShape,
  shuffled,
  type TriedCall,
  type TriedInput,
} from '../graph/random-call.fixture.js';
import {
  type EngineOperator,
  graphOfCall,
  randomCall,
} from '../graph/shape-rules/calls.fixture.js';
import { type CheckedCall, differentiated } from './central-differences.fixture.js';
import type { DifferentiableName } from './rules/index.js';

/** Makes random calls of an operator at points where it has a derivative. */
export type GradientCheck<Op extends OperatorName> = (random: Random) => CheckedCall<Op>;

type GradientChecks = { readonly [Op in DifferentiableName]: GradientCheck<Op> };

/** All outputs in the loss, or some of them. */
function some(random: Random, outputs: number): readonly number[] {
  const all = Array.from({ length: outputs }, (_, at) => at);
  const chosen = all.filter(() => chance(random, 0.8));
  return chosen.length === 0 ? all : chosen;
}

/** A random call of the fixtures with something to differentiate. */
function draw<Op extends EngineOperator>(op: Op, random: Random): TriedCall<Op> {
  for (;;) {
    const call = randomCall(op, random);
    const [result] = graphOfCall(call).outputs;
    if (differentiated(call).length > 0 && result?.value.dtype === 'float32') return call;
  }
}

/** An operator that has a derivative at every random point. */
function smooth<Op extends EngineOperator>(op: Op): GradientCheck<Op> {
  return (random) => {
    const call = draw(op, random);
    return { ...call, inLoss: some(random, call.outputs) };
  };
}

/** One with kinks between equal numbers, or at multiples of a half. */
function kinked<Op extends EngineOperator>(op: Op): GradientCheck<Op> {
  return (random) => onGrid(smooth(op)(random), random);
}

/**
 * The call with its float32 numbers replaced by odd multiples of 1/32, each used once: no step
 * along a direction makes two of them equal, or one of them a multiple of 1/16.
 */
function onGrid<Op extends OperatorName>(call: CheckedCall<Op>, random: Random): CheckedCall<Op> {
  const counts = call.inputs.map((input) =>
    isFloat(input) ? elementCount(input.tensor.shape) : 0,
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const places = [...shuffled(random, [...new Array(total).keys()])];
  const take = (count: number) =>
    places.splice(0, count).map((place) => (place - Math.floor(total / 2) + 0.5) / 16);
  const inputs = call.inputs.map((input, at): TriedInput | undefined =>
    isFloat(input)
      ? { ...input, tensor: float32(input.tensor.shape, take(counts[at] ?? 0)) }
      : input,
  );
  return { ...call, inputs };
}

function isFloat(input: TriedInput | undefined): input is TriedInput {
  return input?.tensor.dtype === 'float32';
}

function parts<Op extends OperatorName>(
  op: Op,
  inputs: readonly (TriedInput | undefined)[],
  attributes: AttributesInOf<Op>,
  inLoss: readonly number[] = [0],
  outputs = inLoss.length,
): CheckedCall<Op> {
  return { op, inputs, attributes, inLoss, outputs };
}

/** Indices along an axis that are different from each other on each line of it. */
function distinctIndices(random: Random, shape: readonly number[], axis: number, size: number) {
  const inner = elementCount(shape.slice(axis + 1));
  const count = shape[axis] ?? 1;
  const lines = Array.from({ length: elementCount(shape) / count }, () =>
    shuffled(random, [...new Array(size).keys()]),
  );
  const numbers = Array.from({ length: elementCount(shape) }, (_, element) => {
    const [outer, place] = [
      Math.floor(element / inner / count),
      Math.floor(element / inner) % count,
    ];
    return lines[outer * inner + (element % inner)]?.[place] ?? 0;
  });
  return int64(numbers, shape);
}

/** Labels of four classes, and others that count for nothing. */
function labels(random: Random, shape: readonly number[], classes: number): Tensor {
  const numbers = Array.from({ length: elementCount(shape) }, () =>
    pick(random, [random.integer(0, classes - 1), random.integer(0, classes - 1), 255, -1]),
  );
  return int64(numbers, shape);
}

/** A check for every operator with a gradient rule: one without does not compile. */
export const gradientChecks: GradientChecks = {
  Identity: smooth('Identity'),
  Cast: (random) => {
    const to = pick(random, [1, 11]);
    return parts('Cast', [fed(random, 'float32', randomShape(random, 2))], { to });
  },
  Neg: smooth('Neg'),
  Abs: kinked('Abs'),
  Reciprocal: smooth('Reciprocal'),
  Exp: smooth('Exp'),
  Log: smooth('Log'),
  Sqrt: smooth('Sqrt'),
  Erf: smooth('Erf'),
  Where: smooth('Where'),

  Add: smooth('Add'),
  Sub: smooth('Sub'),
  Mul: smooth('Mul'),
  Div: smooth('Div'),
  Pow: smooth('Pow'),
  Max: kinked('Max'),
  Min: kinked('Min'),

  Relu: kinked('Relu'),
  Clip: kinked('Clip'),
  HardSwish: kinked('HardSwish'),
  HardSigmoid: (random) => {
    const shape = randomShape(random, random.integer(0, 4));
    const attributes = pick(random, [
      { alpha: 0.25, beta: 0.5 },
      { alpha: 0.5, beta: 0.25 },
    ]);
    return onGrid(parts('HardSigmoid', [fed(random, 'float32', shape)], attributes), random);
  },
  Sigmoid: smooth('Sigmoid'),
  Tanh: smooth('Tanh'),
  LeakyRelu: kinked('LeakyRelu'),
  // It jumps at its threshold.
  ThresholdedRelu: (random) => {
    const shape = randomShape(random, random.integer(0, 4));
    const attributes = { alpha: pick(random, [-0.25, 0, 0.5]) };
    return onGrid(parts('ThresholdedRelu', [fed(random, 'float32', shape)], attributes), random);
  },
  PRelu: kinked('PRelu'),
  Elu: kinked('Elu'),
  Softplus: smooth('Softplus'),

  MatMul: (random) => {
    // Batches that either factor, or both, are repeated for; now and then vectors.
    const [first = [], second = []] = broadcastable(random, 2);
    const [rows = 1, inner = 1, columns = 1] = randomShape(random, 3);
    const a = chance(random, 0.1) ? [inner] : [...first, rows, inner];
    const b = chance(random, 0.1) ? [inner] : [...second, inner, columns];
    return parts('MatMul', [fed(random, 'float32', a), fed(random, 'float32', b)], {});
  },
  Gemm: smooth('Gemm'),
  FusedMatMul: smooth('FusedMatMul'),

  ReduceSum: smooth('ReduceSum'),
  ReduceMean: smooth('ReduceMean'),
  ReduceMax: kinked('ReduceMax'),
  ReduceMin: kinked('ReduceMin'),
  CumSum: smooth('CumSum'),

  Softmax: smooth('Softmax'),
  LogSoftmax: smooth('LogSoftmax'),
  SoftmaxCrossEntropy: (random) => {
    const [batch = 1, height = 1, width = 1] = randomShape(random, 3);
    const classes = random.integer(1, 5);
    const shape = [batch, height, width];
    const role = pick(random, ['fed', 'known'] as const);
    return parts(
      'SoftmaxCrossEntropy',
      [
        fed(random, 'float32', [batch, classes, height, width]),
        { role, tensor: labels(random, shape, classes) },
      ],
      {},
      pick(random, [[0], [1], [0, 1]]),
      2,
    );
  },

  Conv: smooth('Conv'),
  ConvTranspose: smooth('ConvTranspose'),
  BatchNormalization: smooth('BatchNormalization'),
  BatchNormTraining: (random) => {
    const [batch = 1, channels = 1] = randomShape(random, 2, 3);
    const shape = [batch, channels, random.integer(3, 5), random.integer(3, 5)];
    const inputs = [shape, [channels], [channels]].map((each) => fed(random, 'float32', each));
    const attributes = { epsilon: pick(random, [0.001, 0.1]) };
    return parts('BatchNormTraining', inputs, attributes, [0], 3);
  },

  AveragePool: smooth('AveragePool'),
  GlobalAveragePool: smooth('GlobalAveragePool'),
  GlobalMaxPool: kinked('GlobalMaxPool'),
  MaxPool: kinked('MaxPool'),
  Resize: smooth('Resize'),

  Reshape: smooth('Reshape'),
  Squeeze: smooth('Squeeze'),
  Unsqueeze: smooth('Unsqueeze'),
  Flatten: smooth('Flatten'),
  Transpose: smooth('Transpose'),
  Concat: smooth('Concat'),
  Split: smooth('Split'),
  Slice: smooth('Slice'),
  Pad: smooth('Pad'),
  Expand: smooth('Expand'),
  Tile: smooth('Tile'),
  DepthToSpace: smooth('DepthToSpace'),
  SpaceToDepth: smooth('SpaceToDepth'),

  Gather: smooth('Gather'),
  GatherElements: smooth('GatherElements'),
  TopK: (random) => ({ ...kinked('TopK')(random), inLoss: [0] }),
  ScatterElements: (random) => {
    const shape = randomShape(random, random.integer(1, 3));
    const axis = random.integer(0, shape.length - 1);
    const size = shape[axis] ?? 1;
    const picked = shape.with(axis, random.integer(1, size));
    const reduction = pick(random, ['none', 'add']);
    const indices = distinctIndices(random, picked, axis, size);
    // Sums may take one element twice.
    const tensor =
      reduction === 'add'
        ? int64(
            Array.from(indices.data, () => 0),
            picked,
          )
        : indices;
    return parts(
      'ScatterElements',
      [fed(random, 'float32', shape), { role: 'known', tensor }, fed(random, 'float32', picked)],
      { axis, reduction },
    );
  },
};
