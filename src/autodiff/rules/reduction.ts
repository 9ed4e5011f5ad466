import { elementCount, type Shape } from '../../core/tensor.js';
import type { Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';
import type { OperatorName } from '../../graph/operators.js';
import {
  differentiable,
  flat,
  type GradientCall,
  type GradientEntries,
  type GradientRule,
} from '../gradient-rule.js';

type Reduction = 'ReduceMax' | 'ReduceMean' | 'ReduceMin' | 'ReduceSum' | 'GlobalMaxPool';

/** Shape of the input with size 1 along the axes that were reduced; all of them without axes. */
function keptShape(call: GradientCall<Reduction>, axes: readonly number[] | undefined): Shape {
  const { shape } = call.input(0);
  if (axes === undefined || axes.length === 0) return shape.map(() => 1);
  return axes.reduce<Shape>((sizes, axis) => sizes.with(axis, 1), shape);
}

/** The gradient with the reduced axes back in their places, at size 1. */
function keptGradient(call: GradientCall<Reduction>, axes: readonly number[] | undefined): Value {
  return call.reshape(call.gradient, keptShape(call, axes));
}

/**
 * dx = dy where x is the extreme, else 0; elements that are equal share it in equal parts, as in
 * PyTorch's `amax`.
 */
export function extremeGradient(
  call: GradientCall<'ReduceMax' | 'ReduceMin' | 'GlobalMaxPool'>,
  axes: readonly number[] | undefined,
): Value {
  const x = call.input(0);
  const kept = keptShape(call, axes);
  const reached = call.add('Equal', [x, call.reshape(call.output(), kept)], {});
  const mask = call.add('Cast', [reached], { to: onnxDtypes[call.gradient.dtype] });
  const reduced = [...x.shape.keys()].filter((axis) => kept[axis] !== x.shape[axis]);
  const count = call.sum(mask, reduced, 1);
  const share = call.add('Div', [keptGradient(call, axes), count], {});
  return call.times(mask, share);
}

const extreme: GradientRule<'ReduceMax' | 'ReduceMin'> = (call) => [
  extremeGradient(call, call.node.attributes.axes),
];

/** Sums, running sums, means and extremes along axes. */
export const reductionEntries = {
  /** dx = dy, repeated along the axes */
  ReduceSum: differentiable((call) => {
    const { described } = call;
    const axes = call.has(1) ? described.constantIntegers(1, 'axes') : undefined;
    return [call.expand(keptGradient(call, axes), call.input(0).shape)];
  }),
  /** dx = dy / n, repeated along the axes that hold n elements */
  ReduceMean: differentiable((call) => {
    const { shape } = call.input(0);
    const count = elementCount(shape) / Math.max(1, elementCount(call.output().shape));
    const share = call.times(call.gradient, call.scalar(1 / count));
    const kept = call.reshape(share, keptShape(call, call.node.attributes.axes));
    return [call.expand(kept, shape)];
  }),
  ReduceMax: differentiable(extreme),
  ReduceMin: differentiable(extreme),
  /** dx = the running sum of dy from the other end */
  CumSum: differentiable((call) => {
    const { exclusive, reverse } = call.node.attributes;
    const attributes = { exclusive, reverse: reverse === 1 ? 0 : 1 };
    return [call.add('CumSum', [call.gradient, call.input(1)], attributes)];
  }),
  ArgMax: flat,
  ArgMin: flat,
} as const satisfies Partial<GradientEntries<OperatorName>>;
