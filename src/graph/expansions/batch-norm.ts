import type { Value } from '../graph.js';
import type { Expansion, ExpansionRule } from './expansion.js';

/** 1 / sqrt(variance + epsilon), per channel. */
export function inverseDeviation(
  expansion: Expansion<'BatchNormTraining' | 'BatchNormTrainingGradient'>,
  variance: Value,
): Value {
  const { epsilon } = expansion.node.attributes;
  const spread = expansion.add('Add', [variance, expansion.scalar(epsilon)], {});
  return expansion.add('Reciprocal', [expansion.add('Sqrt', [spread], {})], {});
}

/**
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta over batch and image (Ioffe and Szegedy
 * 2015, algorithm 1); the variance is the biased one.
 */
export const batchNormTraining: ExpansionRule<'BatchNormTraining'> = (expansion) => {
  const [x, gamma, beta] = [expansion.input(0), expansion.input(1), expansion.input(2)];
  const mean = expansion.channelMeans(x);
  const centred = expansion.add('Sub', [x, expansion.perChannel(mean)], {});
  const variance = expansion.channelMeans(expansion.add('Mul', [centred, centred], {}));
  const factor = expansion.add('Mul', [gamma, inverseDeviation(expansion, variance)], {});
  const scaled = expansion.add('Mul', [centred, expansion.perChannel(factor)], {});
  return [expansion.add('Add', [scaled, expansion.perChannel(beta)], {}), mean, variance];
};

/**
 * dx = gamma / s (dy - dbeta / m - xhat dgamma / m) with xhat = (x - mean) / s,
 * s = sqrt(variance + epsilon), dgamma = sum(dy xhat), dbeta = sum(dy), over m elements per channel.
 */
export const batchNormTrainingGradient: ExpansionRule<'BatchNormTrainingGradient'> = (
  expansion,
) => {
  const [dy, x, gamma, mean, variance] = [
    expansion.input(0),
    expansion.input(1),
    expansion.input(2),
    expansion.input(3),
    expansion.input(4),
  ];
  const inverse = inverseDeviation(expansion, variance);
  const centred = expansion.add('Sub', [x, expansion.perChannel(mean)], {});
  const normalised = expansion.add('Mul', [centred, expansion.perChannel(inverse)], {});
  const dbeta = expansion.channelSums(dy);
  const dgamma = expansion.channelSums(expansion.add('Mul', [dy, normalised], {}));
  const count = expansion.scalar(expansion.perChannelCount(x));
  const share = (sum: Value) => expansion.perChannel(expansion.add('Div', [sum, count], {}));
  const along = expansion.add('Mul', [normalised, share(dgamma)], {});
  const free = expansion.add('Sub', [expansion.add('Sub', [dy, share(dbeta)], {}), along], {});
  const factor = expansion.perChannel(expansion.add('Mul', [gamma, inverse], {}));
  return [expansion.add('Mul', [free, factor], {}), dgamma, dbeta];
};
