import { float32 } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { GraphOutput, Value } from '../../graph/graph.js';
import type { BuiltStatistic } from '../../models/layers.js';
import { nextName } from './names.js';

/**
 * Batch-norm statistics moved towards the batch's own, variances without bias; where a layer is
 * passed several times, towards those of each pass in turn.
 *
 * A run's first steps move them faster, by min(decay, (1 + t) / (10 + t)): with a decay of 0.9997
 * most of the initial values would still be in them after thousands of steps.
 *
 * @param step float32 [], from 1.
 */
export function followedStatistics(
  builder: GraphBuilder,
  statistics: readonly BuiltStatistic[],
  step: Value,
): readonly GraphOutput[] {
  const scalar = (value: number) => builder.constant(float32([], [value]), 'constant');
  const add = (a: Value, b: Value) => builder.add('Add', [a, b], {});
  const early = builder.add('Div', [step, add(step, scalar(9))], {});
  const decays = new Map<number, Value>();
  const decayOf = (decay: number): Value => {
    const known = decays.get(decay) ?? builder.add('Min', [scalar(decay), early], {});
    decays.set(decay, known);
    return known;
  };
  return statistics.map(({ name, decay, value, batches, initial }) => {
    const share = builder.add('Sub', [scalar(1), decayOf(decay)], {});
    const next = batches.reduce((old, { value: biased, count }) => {
      const correction = initial === 1 && count > 1 ? count / (count - 1) : 1;
      const own = correction === 1 ? biased : builder.add('Mul', [biased, scalar(correction)], {});
      // old + (1 - decay) (own - old)
      const way = builder.add('Sub', [own, old], {});
      return add(old, builder.add('Mul', [way, share], {}));
    }, value);
    return { name: nextName(name), value: next };
  });
}
