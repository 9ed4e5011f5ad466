import type { Value } from '../../graph/graph.js';
import type { LossInputs } from './loss-inputs.js';

/** Dice loss over classes, for classes that take few pixels (Milletari et al. 2016). */
export interface DiceSettings {
  readonly kind: 'dice';
  /** Added above and below the fraction; 1 unless told. */
  readonly smooth?: number;
}

/**
 * 1 - mean over the classes present of (2 sum(p g) + s) / (sum(p) + sum(g) + s), p the
 * probabilities, g the one-hot labels, over all pixels of the batch that count.
 */
export function dice(inputs: LossInputs, { smooth = 1 }: DiceSettings): Value {
  const { oneHot } = inputs;
  const counted = inputs.add('Mul', [inputs.probabilities, inputs.planes(inputs.valid)], {});
  const perClass = (value: Value) => inputs.sum(value, [0, 2, 3]);
  const truth = perClass(oneHot);
  const shared = perClass(inputs.add('Mul', [counted, oneHot], {}));
  const smoothing = inputs.scalar(smooth);
  const doubled = inputs.add('Mul', [shared, inputs.scalar(2)], {});
  const above = inputs.add('Add', [doubled, smoothing], {});
  const sizes = inputs.add('Add', [perClass(counted), truth], {});
  const overlap = inputs.add('Div', [above, inputs.add('Add', [sizes, smoothing], {})], {});
  return inputs.add('Sub', [inputs.scalar(1), meanOverPresent(inputs, overlap, truth)], {});
}

/** Mean of a value per class over the classes that have pixels. */
export function meanOverPresent(inputs: LossInputs, perClass: Value, truth: Value): Value {
  const present = inputs.add('Cast', [inputs.add('Greater', [truth, inputs.scalar(0)], {})], {
    to: 1,
  });
  const sum = inputs.sum(inputs.add('Mul', [perClass, present], {}));
  return inputs.ratio(sum, inputs.sum(present), 1);
}
