import { elementCount, float32, type Tensor } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { GraphOutput, Value } from '../../graph/graph.js';
import type { BuiltStatistic } from '../../models/layers.js';
import { required } from '../required.js';
import { nextName } from './names.js';
import { packed } from './packing.js';

/**
 * Batch-norm statistics moved towards the batch's own, variances without bias; where a layer is
 * passed several times, towards those of each pass in turn.
 *
 * A run's first steps move them faster, by min(decay, (1 + t) / (10 + t)): with a decay of 0.9997
 * most of the initial values would still be in them after thousands of steps.
 *
 * @param statistics those that have batches.
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
  const packs = packed(
    builder,
    statistics,
    ({ decay, batches }) => `${batches.length} passes, decay ${decay}`,
  );
  return packs.flatMap((pack) => {
    const { items } = pack;
    const [{ decay, batches }] = items;
    const kept = builder.add('Min', [scalar(decay), early], {});
    const share = builder.add('Sub', [scalar(1), kept], {});
    const next = [...batches.keys()].reduce(
      (old, pass) => {
        const biased = pack.pack((item) => batchOf(item, pass).value);
        const factors = builder.constant(corrections(items, pass), 'corrections');
        const own = builder.add('Mul', [biased, factors], {});
        // old + (1 - decay) (own - old)
        const way = builder.add('Sub', [own, old], {});
        return add(old, builder.add('Mul', [way, share], {}));
      },
      pack.pack(({ value }) => value),
    );
    return pack.unpack(next).map(([{ name }, value]) => ({ name: nextName(name), value }));
  });
}

/** What a pass through the layer of a statistic saw. */
function batchOf(
  { name, batches }: BuiltStatistic,
  pass: number,
): BuiltStatistic['batches'][number] {
  return required(batches[pass], `pass ${pass} of ${name}`);
}

/** What takes the bias out of a pass's variances, and leaves its means: a factor a channel. */
function corrections(statistics: readonly BuiltStatistic[], pass: number): Tensor {
  const factors = statistics.flatMap((statistic) => {
    const { count } = batchOf(statistic, pass);
    const isVariance = statistic.initial === 1;
    const factor = isVariance && count > 1 ? count / (count - 1) : 1;
    return new Array<number>(elementCount(statistic.shape)).fill(factor);
  });
  return float32([factors.length], factors);
}
