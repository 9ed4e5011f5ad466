import { isFloat } from '../../core/dtype.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';
import type { OperatorName } from '../../graph/operators.js';
import { differentiable, flat, type GradientEntries } from '../gradient-rule.js';

/** Functions of single elements, choice between elements, and what is constant in steps. */
export const elementwiseEntries = {
  Identity: differentiable((call) => [call.gradient]),
  /** From one floating-point type to another; whole numbers have no gradient. */
  Cast: differentiable((call) => {
    const { dtype } = call.input(0);
    if (!isFloat(dtype) || !isFloat(call.output().dtype)) return [];
    return [call.add('Cast', [call.gradient], { to: onnxDtypes[dtype] })];
  }),
  /** dx = -dy */
  Neg: differentiable((call) => [call.negative(call.gradient)]),
  /** dx = dy sign(x), 0 at 0 */
  Abs: differentiable((call) => [call.times(call.gradient, call.add('Sign', [call.input(0)], {}))]),
  /** dx = -dy y^2 */
  Reciprocal: differentiable((call) => {
    const scaled = call.times(call.gradient, call.output());
    return [call.negative(call.times(scaled, call.output()))];
  }),
  /** dx = dy y */
  Exp: differentiable((call) => [call.times(call.gradient, call.output())]),
  /** dx = dy / x */
  Log: differentiable((call) => [call.add('Div', [call.gradient, call.input(0)], {})]),
  /** dx = dy / (2 y) */
  Sqrt: differentiable((call) => {
    const half = call.times(call.gradient, call.scalar(0.5));
    return [call.add('Div', [half, call.output()], {})];
  }),
  /** dx = dy 2 / sqrt(pi) exp(-x^2) */
  Erf: differentiable((call) => {
    const square = call.times(call.input(0), call.input(0));
    const bell = call.add('Exp', [call.negative(square)], {});
    return [call.times(call.times(call.gradient, call.scalar(2 / Math.sqrt(Math.PI))), bell)];
  }),
  /** dyes = dy where the condition holds, dno = dy elsewhere; 0 even where dy is not finite */
  Where: differentiable((call) => {
    const condition = call.input(0);
    const zero = () => call.scalar(0);
    const yes = () => call.add('Where', [condition, call.gradient, zero()], {});
    const no = () => call.add('Where', [condition, zero(), call.gradient], {});
    return [
      undefined,
      call.wants(1) ? call.sumTo(yes(), call.input(1).shape) : undefined,
      call.wants(2) ? call.sumTo(no(), call.input(2).shape) : undefined,
    ];
  }),

  Ceil: flat,
  Floor: flat,
  Round: flat,
  Sign: flat,
  Not: flat,
  And: flat,
  Or: flat,
  Equal: flat,
  Greater: flat,
  GreaterOrEqual: flat,
  Less: flat,
  LessOrEqual: flat,
} as const satisfies Partial<GradientEntries<OperatorName>>;
