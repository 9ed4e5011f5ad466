import type { Value } from '../../graph/graph.js';
import type { OperatorName } from '../../graph/operators.js';
import { differentiable, type GradientCall, type GradientEntries } from '../gradient-rule.js';

/** Sum along the softmax's axis, which is kept at size 1. */
function sumAlong(call: GradientCall<'Softmax' | 'LogSoftmax'>, value: Value): Value {
  return call.sum(value, [call.node.attributes.axis], 1);
}

/** dz = softmax(z) dlse: the gradient through log(sum(exp(z))), which is kept besides the loss. */
function throughLogSum(call: GradientCall<'SoftmaxCrossEntropy'>, gradient: Value): Value {
  const [batch = 1, height = 1, width = 1] = gradient.shape;
  const plane = (value: Value) => call.reshape(value, [batch, 1, height, width]);
  const logs = call.minus(call.input(0), plane(call.output(1)));
  return call.times(call.add('Exp', [logs], {}), plane(gradient));
}

/** Softmax and the losses made of it. */
export const softmaxEntries = {
  /** dx = y (dy - sum(dy y)) */
  Softmax: differentiable((call) => {
    const dot = sumAlong(call, call.times(call.gradient, call.output()));
    return [call.times(call.minus(call.gradient, dot), call.output())];
  }),
  /** dx = dy - exp(y) sum(dy) */
  LogSoftmax: differentiable((call) => {
    const probabilities = call.add('Exp', [call.output()], {});
    return [call.minus(call.gradient, call.times(probabilities, sumAlong(call, call.gradient)))];
  }),
  /** dz = (softmax(z) - onehot(label)) dloss */
  SoftmaxCrossEntropy: differentiable((call) => {
    const [ofLosses, ofLogSums] = call.gradients;
    const terms: Value[] = [];
    if (ofLosses !== undefined) {
      const inputs = [ofLosses, call.input(0), call.input(1), call.output(1)];
      terms.push(call.add('SoftmaxCrossEntropyGradient', inputs, {}));
    }
    if (ofLogSums !== undefined) terms.push(throughLogSum(call, ofLogSums));
    return [terms.reduce((a, b) => call.plus(a, b))];
  }),
} as const satisfies Partial<GradientEntries<OperatorName>>;
