import { GraphError } from '../../core/errors.js';
import type { Value } from '../../graph/graph.js';
import type { OperatorName } from '../../graph/operators.js';
import { differentiable, type GradientCall, type GradientEntries } from '../gradient-rule.js';

type FrozenNorm = GradientCall<'BatchNormalization'>;

/** A value per channel, made to broadcast over [N, C, …]. */
function perChannel(call: FrozenNorm, value: Value): Value {
  const rest = call.input(0).shape.slice(2);
  return call.reshape(value, [value.shape[0] ?? 1, ...rest.map(() => 1)]);
}

/** Sum over everything but the channels. */
function channelSums(call: FrozenNorm, value: Value): Value {
  const axes = [...value.shape.keys()].filter((axis) => axis !== 1);
  return call.sum(value, axes, 0);
}

/** Batch norm, with the batch's own statistics and with frozen ones. */
export const normalisationEntries = {
  BatchNormTraining: differentiable((call) => {
    if (call.gradients.slice(1).some((gradient) => gradient !== undefined)) {
      throw new GraphError({
        place: `gradient of BatchNormTraining "${call.node.name}"`,
        problem: 'the loss depends on the batch statistics other than through the output',
      });
    }
    const inputs = [call.gradient, call.input(0), call.input(1), call.output(1), call.output(2)];
    const { epsilon } = call.node.attributes;
    return call.builder.addAll(
      'BatchNormTrainingGradient',
      inputs,
      { epsilon },
      { name: `${call.node.name}/gradient`, outputs: 3 },
    );
  }),
  /**
   * y = gamma (x - mean) / s + beta with s = sqrt(variance + epsilon):
   * dx = dy gamma / s, dgamma = sum(dy (x - mean)) / s, dbeta = sum(dy),
   * dmean = -gamma / s sum(dy), dvariance = -gamma / (2 s^3) sum(dy (x - mean)).
   */
  BatchNormalization: differentiable((call) => {
    const sums = () => channelSums(call, call.gradient);
    // Of a bias alone, neither scale nor statistics are needed.
    if (![0, 1, 3, 4].some((position) => call.wants(position))) {
      return [undefined, undefined, sums()];
    }
    const [gamma, mean, variance] = [call.input(1), call.input(3), call.input(4)];
    const spread = call.plus(variance, call.scalar(call.node.attributes.epsilon));
    const inverse = call.add('Reciprocal', [call.add('Sqrt', [spread], {})], {});
    const factor = () => call.times(gamma, inverse);
    const along = () => {
      const centred = call.minus(call.input(0), perChannel(call, mean));
      return call.times(channelSums(call, call.times(call.gradient, centred)), inverse);
    };
    const dgamma = call.wants(1) || call.wants(4) ? along() : undefined;
    const dbeta = call.wants(2) || call.wants(3) ? sums() : undefined;
    const narrowing = () => call.times(call.times(factor(), inverse), call.scalar(-0.5));
    return [
      call.wants(0) ? call.times(call.gradient, perChannel(call, factor())) : undefined,
      dgamma,
      dbeta,
      call.wants(3) && dbeta ? call.negative(call.times(factor(), dbeta)) : undefined,
      call.wants(4) && dgamma ? call.times(narrowing(), dgamma) : undefined,
    ];
  }),
} as const satisfies Partial<GradientEntries<OperatorName>>;
