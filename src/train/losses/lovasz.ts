import type { Value } from '../../graph/graph.js';
import { meanOverPresent } from './dice.js';
import type { LossInputs } from './loss-inputs.js';

/** Lovász-softmax: a surrogate of mean IoU itself (Berman et al. 2018). Sorts all pixels. */
export interface LovaszSettings {
  readonly kind: 'lovasz';
}

/**
 * Mean over the classes present of sum(error_sorted x delta), where delta is how much each further
 * error, taken from the largest on, adds to the Jaccard loss (Berman et al. 2018, equation 9 and
 * algorithm 1). Ignored pixels have error 0.
 */
export function lovasz(inputs: LossInputs): Value {
  const { oneHot, classes, pixels } = inputs;
  const counted = inputs.add('Mul', [inputs.probabilities, inputs.planes(inputs.valid)], {});
  const errors = perClass(
    inputs,
    inputs.add('Abs', [inputs.add('Sub', [oneHot, counted], {})], {}),
  );
  const truths = perClass(inputs, oneHot);
  const weights = perClass(
    inputs,
    inputs.add(
      'Add',
      [inputs.add('Mul', [oneHot, inputs.scalar(0)], {}), inputs.planes(inputs.valid)],
      {},
    ),
  );
  const [, order] = inputs.builder.addAll(
    'TopK',
    [errors, inputs.integers([pixels])],
    { axis: 1, largest: 1, sorted: 1 },
    { name: 'loss/order', outputs: 2 },
  );
  const sorted = (value: Value) => inputs.add('GatherElements', [value, order], { axis: 1 });
  const truthSorted = sorted(truths);
  const total = inputs.reshape(inputs.sum(truths, [1]), [classes, 1]);
  const running = (value: Value) => inputs.add('CumSum', [value, inputs.integers([1])], {});
  const others = inputs.add('Sub', [sorted(weights), truthSorted], {});
  const intersection = inputs.add('Sub', [total, running(truthSorted)], {});
  const union = inputs.add('Add', [total, running(others)], {});
  const jaccard = inputs.add(
    'Sub',
    [inputs.scalar(1), inputs.ratio(intersection, union, 1e-6)],
    {},
  );
  const before = inputs.add(
    'Pad',
    [
      inputs.add(
        'Slice',
        [jaccard, inputs.integers([0]), inputs.integers([pixels - 1]), inputs.integers([1])],
        {},
      ),
      inputs.integers([0, 1, 0, 0]),
    ],
    {},
  );
  const delta = inputs.add('Sub', [jaccard, before], {});
  const losses = inputs.sum(inputs.add('Mul', [sorted(errors), delta], {}), [1]);
  return meanOverPresent(inputs, losses, inputs.sum(truths, [1]));
}

/** [N, C, H, W] as [C, N H W]. */
function perClass(inputs: LossInputs, value: Value): Value {
  const planes = inputs.add('Transpose', [value], { perm: [1, 0, 2, 3] });
  return inputs.reshape(planes, [inputs.classes, inputs.pixels]);
}
