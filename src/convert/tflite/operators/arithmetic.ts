import type { Activation, OperatorName } from '../../../formats/tflite/index.js';
import type { Value } from '../../../graph/graph.js';
import type { OperatorName as GraphOperator } from '../../../graph/operators.js';
import type { Converted, OperatorImport } from '../operator-import.js';
import { type ConverterOn, type Converters, computes } from './converter.js';
import { activate, activateStored } from './fused-activation.js';

type BinaryOperator = Extract<
  GraphOperator,
  | 'Add'
  | 'Sub'
  | 'Mul'
  | 'Div'
  | 'Max'
  | 'Min'
  | 'Pow'
  | 'Equal'
  | 'Greater'
  | 'GreaterOrEqual'
  | 'Less'
  | 'LessOrEqual'
  | 'And'
>;
type UnaryOperator = Extract<
  GraphOperator,
  | 'Abs'
  | 'Exp'
  | 'Floor'
  | 'Log'
  | 'Neg'
  | 'Relu'
  | 'Sigmoid'
  | 'Sqrt'
  | 'Tanh'
  | 'HardSwish'
  | 'Elu'
>;

/**
 * Operands of an elementwise operator, brought to a common layout.
 *
 * TFLite broadcasts along the file's order of axes, so an operand of lower rank is first given the
 * leading axes it lacks.
 */
function aligned(scope: OperatorImport): { values: readonly Value[]; layout: Converted['layout'] } {
  const positions = scope.inputs.map((_, position) => position);
  const ranks = positions.map((at) => scope.rank(at));
  const planar = scope.outputRecord().shape.length === 4 && Math.max(...ranks) === 4;
  if (!planar) return { values: positions.map((at) => scope.plain(at)), layout: 'plain' };
  const values = positions.map((at) => {
    const rank = scope.rank(at);
    if (rank === 4) return scope.planar(at);
    const value = scope.plain(at);
    if (rank === 0) return value;
    const shape = [...new Array<number>(4 - rank).fill(1), ...value.shape];
    const lifted = scope.builder.add('Reshape', [value, scope.axes(shape, 'lifted')], {});
    return scope.builder.add('Transpose', [lifted], { perm: [0, 3, 1, 2] });
  });
  return { values, layout: 'planar' };
}

function binaryReal(
  scope: OperatorImport,
  op: BinaryOperator,
  activation: Activation,
): readonly Converted[] {
  const { values, layout } = aligned(scope);
  const result = scope.builder.add(op, values, {}, { name: scope.name });
  return [{ value: activate(scope, result, activation), layout }];
}

function multiplyStored(scope: OperatorImport, activation: Activation): readonly Converted[] {
  const { values, layout } = aligned(scope);
  const [a, b] = values;
  const from = [scope.quantisation(0), scope.quantisation(1)] as const;
  const to = scope.outputQuantisation();
  const result = scope.builder.add(
    'QLinearMul',
    [
      a,
      from[0].scale,
      from[0].zeroPoint,
      b,
      from[1].scale,
      from[1].zeroPoint,
      to.scale,
      to.zeroPoint,
    ],
    {},
    { name: scope.name },
  );
  return [{ value: activateStored(scope, result, activation), layout }];
}

function binary(op: BinaryOperator): ConverterOn<OperatorImport> {
  return computes((scope) => binaryReal(scope, op, 'NONE'));
}

function unary(op: UnaryOperator): ConverterOn<OperatorImport> {
  return computes((scope) => {
    const { value, layout } = scope.natural();
    return [{ value: scope.builder.add(op, [value], {}, { name: scope.name }), layout }];
  });
}

function activation(kind: Activation): ConverterOn<OperatorImport> {
  return computes((scope) => {
    const { value, layout } = scope.natural();
    return [{ value: activate(scope, value, kind), layout }];
  });
}

function inverted(op: BinaryOperator): ConverterOn<OperatorImport> {
  return computes((scope) =>
    binaryReal(scope, op, 'NONE').map(({ value, layout }) => ({
      value: scope.builder.add('Not', [value], {}),
      layout,
    })),
  );
}

/** Operators that work element by element. */
export const arithmeticConverters = {
  /**
   * Real sums in 8-bit files too: along a residual stream the sum then goes unrounded from block to
   * block, which on the released models is closer to their reference masks than 8-bit additions.
   */
  ADD: computes((scope) => binaryReal(scope, 'Add', scope.operator.options.activation)),
  MUL: computes(
    (scope) => binaryReal(scope, 'Mul', scope.operator.options.activation),
    (scope) => multiplyStored(scope, scope.operator.options.activation),
  ),
  SUB: computes((scope) => binaryReal(scope, 'Sub', scope.operator.options.activation)),
  DIV: computes((scope) => binaryReal(scope, 'Div', scope.operator.options.activation)),
  MAXIMUM: binary('Max'),
  MINIMUM: binary('Min'),
  POW: binary('Pow'),
  EQUAL: binary('Equal'),
  NOT_EQUAL: inverted('Equal'),
  GREATER: binary('Greater'),
  GREATER_EQUAL: binary('GreaterOrEqual'),
  LESS: binary('Less'),
  LESS_EQUAL: binary('LessOrEqual'),
  SQUARED_DIFFERENCE: computes((scope) =>
    binaryReal(scope, 'Sub', 'NONE').map(({ value, layout }) => ({
      value: scope.builder.add('Mul', [value, value], {}, { name: scope.name }),
      layout,
    })),
  ),
  SQUARE: computes((scope) => {
    const { value, layout } = scope.natural();
    return [{ value: scope.builder.add('Mul', [value, value], {}, { name: scope.name }), layout }];
  }),
  RSQRT: computes((scope) => {
    const { value, layout } = scope.natural();
    const root = scope.builder.add('Sqrt', [value], {});
    return [{ value: scope.builder.add('Reciprocal', [root], {}, { name: scope.name }), layout }];
  }),
  ABS: unary('Abs'),
  EXP: unary('Exp'),
  FLOOR: unary('Floor'),
  LOG: unary('Log'),
  NEG: unary('Neg'),
  SQRT: unary('Sqrt'),
  TANH: unary('Tanh'),
  ELU: unary('Elu'),
  HARD_SWISH: unary('HardSwish'),
  LOGISTIC: unary('Sigmoid'),
  RELU: activation('RELU'),
  RELU6: activation('RELU6'),
  RELU_N1_TO_1: activation('RELU_N1_TO_1'),
  LEAKY_RELU: computes((scope) => {
    const { value, layout } = scope.natural();
    const { alpha } = scope.operator.options;
    return [
      { value: scope.builder.add('LeakyRelu', [value], { alpha }, { name: scope.name }), layout },
    ];
  }),
  PRELU: computes((scope) => {
    const { values, layout } = aligned(scope);
    return [{ value: scope.builder.add('PRelu', values, {}, { name: scope.name }), layout }];
  }),
  SELECT: computes((scope) => (choosesRows(scope) ? selectRows(scope) : select(scope))),
  SELECT_V2: computes((scope) => select(scope)),
} as const satisfies Partial<Converters<OperatorName>>;

/** SELECT of version 1 takes a vector as choosing whole rows; nothing broadcasts. */
function choosesRows(scope: OperatorImport): boolean {
  return scope.rank(0) === 1 && scope.rank(1) > 1;
}

function selectRows(scope: OperatorImport): readonly Converted[] {
  const [rows = 0] = scope.shape(0);
  const shape = [rows, ...new Array<number>(scope.rank(1) - 1).fill(1)];
  const flags = scope.builder.add('Reshape', [scope.plain(0), scope.axes(shape, 'rows')], {});
  const inputs = [flags, scope.plain(1), scope.plain(2)];
  const value = scope.builder.add('Where', inputs, {}, { name: scope.name });
  return [{ value, layout: 'plain' }];
}

function select(scope: OperatorImport): readonly Converted[] {
  const { values, layout } = aligned(scope);
  return [{ value: scope.builder.add('Where', values, {}, { name: scope.name }), layout }];
}
