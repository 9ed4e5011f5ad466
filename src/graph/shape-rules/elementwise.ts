import type { DType } from '../../core/dtype.js';
import { formatShape, type Shape } from '../../core/tensor.js';
import { dtypeOfOnnx } from '../onnx-dtype.js';
import type { OperatorName } from '../operators.js';
import { floating, numeric, signed, summable } from './element-types.js';
import type { OperatorCall, ShapeRule, ShapeRules, ValueType } from './operator-call.js';

/** Output of an operator that keeps type and shape of its first input. */
export function sameAsInput(call: OperatorCall): readonly ValueType[] {
  const { dtype, shape } = call.input(0);
  return [{ dtype, shape }];
}

function unary(types: readonly DType[]): ShapeRule<OperatorName> {
  return (call) => {
    call.requireDtype(0, ...types);
    return sameAsInput(call);
  };
}

const floatingPoint = unary(floating);

/**
 * Shape of several shapes broadcast together, aligned at their last axes, where an axis of size 1
 * stretches (ONNX "multidirectional broadcasting").
 */
export function broadcastShapes(call: OperatorCall, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own === size || own === 1) continue;
      if (size !== 1) {
        call.fail(
          'the shapes do not broadcast',
          'axes that are equal or 1',
          shapes.map(formatShape).join(' with '),
        );
      }
      size = own;
    }
    return size;
  });
}

function broadcast(call: OperatorCall): readonly ValueType[] {
  const values = call.inputs.map((_, position) => call.input(position));
  for (let position = 1; position < values.length; position++) call.requireSameDtype(0, position);
  return [
    {
      dtype: call.input(0).dtype,
      shape: broadcastShapes(
        call,
        values.map(({ shape }) => shape),
      ),
    },
  ];
}

function arithmetic(call: OperatorCall): readonly ValueType[] {
  call.requireDtype(0, ...numeric);
  return broadcast(call);
}

function comparison(call: OperatorCall): readonly ValueType[] {
  return arithmetic(call).map(({ shape }) => ({ dtype: 'bool', shape }));
}

function logical(call: OperatorCall): readonly ValueType[] {
  call.inputs.forEach((_, position) => {
    call.requireDtype(position, 'bool');
  });
  return broadcast(call);
}

const power: ShapeRule<OperatorName> = (call) => {
  call.requireDtype(0, ...floating, 'int32', 'int64');
  call.requireDtype(1, ...numeric);
  const shapes = [call.input(0).shape, call.input(1).shape];
  return [{ dtype: call.input(0).dtype, shape: broadcastShapes(call, shapes) }];
};

/** Operators that work element by element. */
export const elementwiseRules = {
  Abs: unary(numeric),
  Ceil: floatingPoint,
  Erf: floatingPoint,
  Exp: floatingPoint,
  Floor: floatingPoint,
  HardSwish: floatingPoint,
  Identity: sameAsInput,
  Log: floatingPoint,
  Neg: unary(signed),
  Not: logical,
  Reciprocal: floatingPoint,
  Relu: unary(signed),
  Round: floatingPoint,
  Sigmoid: floatingPoint,
  Sign: unary(numeric),
  Softplus: floatingPoint,
  Sqrt: floatingPoint,
  Tanh: floatingPoint,
  Elu: floatingPoint,
  HardSigmoid: floatingPoint,
  LeakyRelu: floatingPoint,
  ThresholdedRelu: floatingPoint,
  PRelu: (call) => {
    call.requireDtype(0, ...summable);
    call.requireSameDtype(0, 1);
    const { dtype, shape } = call.input(0);
    const joint = broadcastShapes(call, [shape, call.input(1).shape]);
    if (joint.some((size, axis) => size !== shape[axis])) {
      call.fail('the slope is larger than the input', formatShape(shape), formatShape(joint));
    }
    return [{ dtype, shape }];
  },
  Clip: (call) => {
    call.requireDtype(0, ...numeric);
    for (const bound of [1, 2]) {
      const value = call.optionalInput(bound);
      if (value === undefined) continue;
      call.requireSameDtype(0, bound);
      if (value.shape.length > 0)
        call.fail('a bound must be a scalar', '[]', formatShape(value.shape));
    }
    return sameAsInput(call);
  },
  Cast: (call) => {
    const dtype = dtypeOfOnnx(call.attributes.to);
    if (dtype === undefined)
      return call.fail('no such element type', 'ONNX type 1 to 13', `${call.attributes.to}`);
    return [{ dtype, shape: call.input(0).shape }];
  },
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Div: arithmetic,
  Pow: power,
  Max: arithmetic,
  Min: arithmetic,
  Equal: (call) => {
    call.requireDtype(0, ...numeric, 'bool');
    return broadcast(call).map(({ shape }) => ({ dtype: 'bool', shape }));
  },
  Greater: comparison,
  GreaterOrEqual: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  And: logical,
  Or: logical,
  Where: (call) => {
    call.requireDtype(0, 'bool');
    call.requireSameDtype(1, 2);
    const shapes = [call.input(0).shape, call.input(1).shape, call.input(2).shape];
    return [{ dtype: call.input(1).dtype, shape: broadcastShapes(call, shapes) }];
  },
} as const satisfies Partial<ShapeRules<OperatorName>>;
