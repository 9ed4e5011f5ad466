import type { Value } from '../../graph/graph.js';
import { type CrossEntropySettings, crossEntropy } from './cross-entropy.js';
import { type DiceSettings, dice } from './dice.js';
import { type FocalSettings, focal } from './focal.js';
import type { LossInputs } from './loss-inputs.js';
import { type LovaszSettings, lovasz } from './lovasz.js';

export { keptPixels } from './cross-entropy.js';
export { LossInputs } from './loss-inputs.js';
export { LossLabels } from './loss-labels.js';

/** A loss, as plain data. */
export type LossSettings = (
  | CrossEntropySettings
  | DiceSettings
  | FocalSettings
  | LovaszSettings
) & {
  /** Factor in the sum of several losses; 1 unless told. */
  readonly weight?: number;
};

/**
 * The weighted sum of losses.
 *
 * @param kept int64 [1], pixels kept by hard-pixel mining, where a loss asks for it.
 */
export function totalLoss(
  inputs: LossInputs,
  losses: readonly LossSettings[],
  kept: Value | undefined,
): Value {
  const terms = losses.map((settings) => {
    const value = lossOf(inputs, settings, kept);
    const { weight = 1 } = settings;
    return weight === 1 ? value : inputs.add('Mul', [value, inputs.scalar(weight)], {});
  });
  return terms.reduce((sum, term) => inputs.add('Add', [sum, term], {}));
}

function lossOf(inputs: LossInputs, settings: LossSettings, kept: Value | undefined): Value {
  switch (settings.kind) {
    case 'cross-entropy':
      return crossEntropy(inputs, settings, settings.hardPixels === undefined ? undefined : kept);
    case 'dice':
      return dice(inputs, settings);
    case 'focal':
      return focal(inputs, settings);
    case 'lovasz':
      return lovasz(inputs);
  }
}
