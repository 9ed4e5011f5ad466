import { toNumbers } from '../../core/tensor.js';
import { isConstant, type Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';
import type { OperatorName } from '../../graph/operators.js';
import { differentiable, type GradientCall, type GradientEntries } from '../gradient-rule.js';

/** dy where a value is positive, else 0. */
function wherePositive(call: GradientCall, value: Value): Value {
  return call.add('ClipGradient', [call.gradient, value], { least: 0 });
}

/** dy where positive, and slope times dy elsewhere. */
function leaky(call: GradientCall, positive: Value, slope: Value): Value {
  return call.plus(positive, call.times(call.minus(call.gradient, positive), slope));
}

/** dx of a Clip: dy strictly between the bounds, else 0. */
function clipped(call: GradientCall<'Clip'>): Value {
  const [, least, greatest] = call.node.inputs;
  const computed = [least, greatest].some((bound) => bound !== undefined && !isConstant(bound));
  if (computed) return clippedByValues(call);
  const number = (bound: Value | undefined, absent: number): number =>
    bound?.constant === undefined ? absent : (toNumbers(bound.constant)[0] ?? absent);
  return call.add('ClipGradient', [call.gradient, call.output()], {
    least: number(least, Number.NEGATIVE_INFINITY),
    greatest: number(greatest, Number.POSITIVE_INFINITY),
  });
}

/** dy where the output is the bound itself, summed: the gradient of the bound. */
function boundGradient(call: GradientCall<'Clip'>, position: number): Value {
  const held = call.add('Equal', [call.output(), call.input(position)], {});
  const mask = call.add('Cast', [held], { to: onnxDtypes[call.gradient.dtype] });
  return call.sumTo(call.times(call.gradient, mask), []);
}

/** dx of a Clip with bounds that are computed. */
function clippedByValues(call: GradientCall<'Clip'>): Value {
  const sides = [
    call.has(1) ? call.add('Greater', [call.output(), call.input(1)], {}) : undefined,
    call.has(2) ? call.add('Less', [call.output(), call.input(2)], {}) : undefined,
  ].filter((side) => side !== undefined);
  const inside = sides.reduce((a, b) => call.add('And', [a, b], {}));
  const mask = call.add('Cast', [inside], { to: onnxDtypes[call.gradient.dtype] });
  return call.times(call.gradient, mask);
}

/**
 * Activation functions. At a kink the gradient is that of one side: at the bounds of a clamp, 0, as
 * in PyTorch's and TensorFlow's relu and relu6.
 */
export const activationEntries = {
  /** dx = dy where y > 0, else 0 */
  Relu: differentiable((call) => [wherePositive(call, call.output())]),
  /** dx = dy where least < y < greatest, else 0; a bound's gradient is the sum of dy held by it */
  Clip: differentiable((call) => [
    call.wants(0) ? clipped(call) : undefined,
    call.wants(1) ? boundGradient(call, 1) : undefined,
    call.wants(2) ? boundGradient(call, 2) : undefined,
  ]),
  /** y = x h, h = max(0, min(1, x / 6 + 1 / 2)): dx = dy (h + x / 6 where 0 < h < 1) */
  HardSwish: differentiable((call) => {
    const x = call.input(0);
    const gate = call.add('HardSigmoid', [x], { alpha: 1 / 6, beta: 0.5 });
    const sixth = call.times(x, call.scalar(1 / 6));
    const ramp = call.add('ClipGradient', [sixth, gate], { least: 0, greatest: 1 });
    return [call.times(call.gradient, call.plus(gate, ramp))];
  }),
  /** y = max(0, min(1, alpha x + beta)): dx = alpha dy where 0 < y < 1, else 0 */
  HardSigmoid: differentiable((call) => {
    const bounds = { least: 0, greatest: 1 };
    const inner = call.add('ClipGradient', [call.gradient, call.output()], bounds);
    return [call.times(inner, call.scalar(call.node.attributes.alpha))];
  }),
  /** dx = dy y (1 - y) */
  Sigmoid: differentiable((call) => {
    const slope = call.minus(call.output(), call.times(call.output(), call.output()));
    return [call.times(call.gradient, slope)];
  }),
  /** dx = dy (1 - y^2) */
  Tanh: differentiable((call) => {
    const square = call.times(call.output(), call.output());
    return [call.minus(call.gradient, call.times(call.gradient, square))];
  }),
  /** dx = dy where x > 0, else alpha dy */
  LeakyRelu: differentiable((call) => [
    leaky(call, wherePositive(call, call.input(0)), call.scalar(call.node.attributes.alpha)),
  ]),
  /** dx = dy where x > alpha, else 0 */
  ThresholdedRelu: differentiable((call) => {
    const { alpha } = call.node.attributes;
    return [call.add('ClipGradient', [call.gradient, call.input(0)], { least: alpha })];
  }),
  /** dx = dy where x > 0, else slope dy; dslope = x dy where x <= 0 */
  PRelu: differentiable((call) => {
    const [x, slope] = [call.input(0), call.input(1)];
    const positive = wherePositive(call, x);
    const bent = () => call.times(call.minus(call.gradient, positive), x);
    return [
      call.wants(0) ? leaky(call, positive, slope) : undefined,
      call.wants(1) ? call.sumTo(bent(), slope.shape) : undefined,
    ];
  }),
  /** y = alpha (exp(x) - 1) where x <= 0: there dx = dy (y + alpha); else dx = dy */
  Elu: differentiable((call) => {
    const slope = call.plus(call.output(), call.scalar(call.node.attributes.alpha));
    return [leaky(call, wherePositive(call, call.input(0)), slope)];
  }),
  /** y = log(1 + exp(x)): dx = dy sigmoid(x) */
  Softplus: differentiable((call) => [
    call.times(call.gradient, call.add('Sigmoid', [call.input(0)], {})),
  ]),
} as const satisfies Partial<GradientEntries<OperatorName>>;
