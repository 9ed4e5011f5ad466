import type { OperatorName } from '../../graph/operators.js';
import type { GradientEntries, GradientEntry } from '../gradient-rule.js';
import { activationEntries } from './activation.js';
import { algebraEntries } from './algebra.js';
import { arithmeticEntries } from './arithmetic.js';
import { convolutionEntries } from './convolution.js';
import { elementwiseEntries } from './elementwise.js';
import { gatheringEntries } from './gathering.js';
import { layoutEntries } from './layout.js';
import { normalisationEntries } from './normalisation.js';
import { poolingEntries } from './pooling.js';
import { reductionEntries } from './reduction.js';
import { refusedEntries } from './refused.js';
import { resizeEntries } from './resize.js';
import { softmaxEntries } from './softmax.js';

/** How every operator is differentiated: one without an entry does not compile. */
export const gradientEntries = {
  ...elementwiseEntries,
  ...arithmeticEntries,
  ...activationEntries,
  ...algebraEntries,
  ...reductionEntries,
  ...softmaxEntries,
  ...convolutionEntries,
  ...normalisationEntries,
  ...poolingEntries,
  ...resizeEntries,
  ...layoutEntries,
  ...gatheringEntries,
  ...refusedEntries,
} as const satisfies GradientEntries<OperatorName>;

/** The operators that gradients pass through. */
export type DifferentiableName = {
  [Op in OperatorName]: (typeof gradientEntries)[Op]['kind'] extends 'differentiable' ? Op : never;
}[OperatorName];

const entries: GradientEntries<OperatorName> = gradientEntries;

/** How one operator is differentiated. */
export function entryOf<Op extends OperatorName>(op: Op): GradientEntry<Op> {
  return entries[op];
}
