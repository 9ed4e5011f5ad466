import type { Shape } from '../../core/tensor.js';
import type { Parameter, Statistic } from '../../models/parameters.js';
import { slotNames } from '../optimizers/index.js';
import { averageName } from './names.js';
import { isTrained } from './rate-factors.js';
import type { StepSettings } from './settings.js';

/** A tensor that a run carries from step to step. */
export interface StateTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly kind: 'parameter' | 'slot' | 'average' | 'statistic';
}

/** What a network trains and follows. */
export interface TrainedParts {
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Statistic[];
}

type KeptSettings = Pick<StepSettings, 'optimizer' | 'averageDecay' | 'rateFactors'>;

/** The tensors of a run's state: parameters, what the optimizer keeps, averages, statistics. */
export function stateTensors(
  settings: KeptSettings,
  { parameters, statistics }: TrainedParts,
): readonly StateTensor[] {
  return [
    ...parameters.flatMap((parameter): readonly StateTensor[] => [
      { name: parameter.name, shape: parameter.shape, kind: 'parameter' },
      ...keptBeside(settings, parameter),
    ]),
    ...statistics.map(({ name, shape }): StateTensor => ({ name, shape, kind: 'statistic' })),
  ];
}

/**
 * What a run keeps of a parameter beside its value: the optimizer's slots, the moving average;
 * nothing of one that stays as it is.
 */
export function keptBeside(
  settings: KeptSettings,
  parameter: Pick<Parameter, 'name' | 'shape' | 'part'>,
): readonly StateTensor[] {
  if (!isTrained(settings, parameter)) return [];
  const { optimizer, averageDecay } = settings;
  const { name, shape } = parameter;
  const slots = slotNames(optimizer).map(
    (slot) => ({ name: slotName(name, slot), shape, kind: 'slot' }) as const,
  );
  if (averageDecay === undefined) return slots;
  return [...slots, { name: averageName(name), shape, kind: 'average' }];
}

/** Name of a parameter's slot. */
export function slotName(parameter: string, slot: string): string {
  return `${parameter}/${slot}`;
}
