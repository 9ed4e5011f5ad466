import type { Value } from '../../graph/graph.js';
import { pixelLosses } from './cross-entropy.js';
import type { LossInputs } from './loss-inputs.js';

/** Focal loss: pixels that are right already count less (Lin et al. 2017). */
export interface FocalSettings {
  readonly kind: 'focal';
  /** 0 is plain cross-entropy; 2 unless told. */
  readonly gamma?: number;
  readonly classWeights?: readonly number[];
}

/** sum(weight (1 - p)^gamma cross-entropy) / number of pixels that count, p of the right class. */
export function focal(inputs: LossInputs, { gamma = 2, classWeights }: FocalSettings): Value {
  const plain = pixelLosses(inputs, {});
  const right = inputs.add('Exp', [inputs.add('Neg', [plain], {})], {});
  // Rounding may put p a little above 1, where a power has no derivative.
  const wrong = inputs.add(
    'Max',
    [inputs.add('Sub', [inputs.scalar(1), right], {}), inputs.scalar(1e-7)],
    {},
  );
  const factor = inputs.add('Pow', [wrong, inputs.scalar(gamma)], {});
  const weighted = classWeights === undefined ? plain : pixelLosses(inputs, { classWeights });
  const losses = inputs.add('Mul', [factor, weighted], {});
  return inputs.ratio(inputs.sum(losses), inputs.sum(inputs.valid), 1);
}
