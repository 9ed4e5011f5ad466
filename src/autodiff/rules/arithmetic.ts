import { isFloat } from '../../core/dtype.js';
import type { Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';
import type { OperatorName } from '../../graph/operators.js';
import {
  differentiable,
  type GradientCall,
  type GradientEntries,
  type GradientRule,
} from '../gradient-rule.js';

type Operation = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Pow' | 'Max' | 'Min';

/** The gradient of an operand that may have been broadcast, formed only where it is wanted. */
function towards(
  call: GradientCall<Operation>,
  position: number,
  form: () => Value,
): Value | undefined {
  if (!call.wants(position)) return undefined;
  return call.sumTo(form(), call.input(position).shape);
}

/**
 * dx_i = dy where x_i is the extreme, else 0. Operands that are equal share it in equal parts, as
 * in PyTorch's `maximum`.
 */
const extreme: GradientRule<'Max' | 'Min'> = (call) => {
  const { dtype } = call.gradient;
  const masks = call.node.inputs.map((_, position) => {
    const reached = call.add('Equal', [call.input(position), call.output()], {});
    return call.add('Cast', [reached], { to: onnxDtypes[dtype] });
  });
  const count = masks.reduce((a, b) => call.plus(a, b));
  const share = call.add('Div', [call.gradient, count], {});
  return masks.map((mask, position) => towards(call, position, () => call.times(share, mask)));
};

/** b a^(b - 1), and 0 where b is 0, even at a = 0. */
function powerSlope(call: GradientCall<'Pow'>, base: Value, exponent: Value): Value {
  const zero = call.add('Equal', [exponent, call.scalar(0)], {});
  const less = call.minus(exponent, call.scalar(1));
  const lowered = call.add('Where', [zero, call.scalar(0), less], {});
  return call.times(call.add('Pow', [base, lowered], {}), exponent);
}

/** log(a), and 0 at a = 0, where a^b does not depend on b. */
function logOrZero(call: GradientCall<'Pow'>, base: Value): Value {
  const zero = call.add('Equal', [base, call.scalar(0)], {});
  return call.add('Log', [call.add('Where', [zero, call.scalar(1), base], {})], {});
}

/** Arithmetic on operands that broadcast. */
export const arithmeticEntries = {
  /** da = db = dy */
  Add: differentiable((call) => [
    towards(call, 0, () => call.gradient),
    towards(call, 1, () => call.gradient),
  ]),
  /** da = dy, db = -dy, with the sign changed where there are fewer elements */
  Sub: differentiable((call) => {
    const subtracted = towards(call, 1, () => call.gradient);
    return [
      towards(call, 0, () => call.gradient),
      subtracted === undefined ? undefined : call.negative(subtracted),
    ];
  }),
  /** da = dy b, db = dy a */
  Mul: differentiable((call) => [
    towards(call, 0, () => call.times(call.gradient, call.input(1))),
    towards(call, 1, () => call.times(call.gradient, call.input(0))),
  ]),
  /** da = dy / b, db = -dy y / b */
  Div: differentiable((call) => {
    const quotient = call.add('Div', [call.gradient, call.input(1)], {});
    const divided = towards(call, 1, () => call.times(quotient, call.output()));
    return [
      towards(call, 0, () => quotient),
      divided === undefined ? undefined : call.negative(divided),
    ];
  }),
  /** y = a^b: da = dy b a^(b - 1), db = dy y log(a) */
  Pow: differentiable((call) => {
    const [a, b] = [call.input(0), call.input(1)];
    const exponent = () =>
      b.dtype === a.dtype ? b : call.add('Cast', [b], { to: onnxDtypes[a.dtype] });
    const raised = isFloat(b.dtype)
      ? towards(call, 1, () => {
          const steep = call.times(call.output(), logOrZero(call, a));
          return call.times(call.gradient, steep);
        })
      : undefined;
    return [
      towards(call, 0, () => call.times(call.gradient, powerSlope(call, a, exponent()))),
      raised === undefined || b.dtype === a.dtype
        ? raised
        : call.add('Cast', [raised], { to: onnxDtypes[b.dtype] }),
    ];
  }),
  Max: differentiable(extreme),
  Min: differentiable(extreme),
} as const satisfies Partial<GradientEntries<OperatorName>>;
