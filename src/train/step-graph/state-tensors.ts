import type { Shape } from '../../core/tensor.js';
import type { Parameter, Statistic } from '../../models/parameters.js';
import { slotNames } from '../optimizers/index.js';
import { averageName } from './names.js';
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

/** The tensors of a run's state: parameters, what the optimizer keeps, averages, statistics. */
export function stateTensors(
  settings: Pick<StepSettings, 'optimizer' | 'averageDecay'>,
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

/** What a run keeps of a parameter beside its value: the optimizer's slots, the moving average. */
export function keptBeside(
  { optimizer, averageDecay }: Pick<StepSettings, 'optimizer' | 'averageDecay'>,
  { name, shape }: Pick<Parameter, 'name' | 'shape'>,
): readonly StateTensor[] {
  const slots = slotsOf(optimizer, name).map(
    (slot) => ({ name: slot, shape, kind: 'slot' }) as const,
  );
  if (averageDecay === undefined) return slots;
  return [...slots, { name: averageName(name), shape, kind: 'average' }];
}

/** Names of a parameter's slots, in the optimizer's order. */
export function slotsOf(optimizer: StepSettings['optimizer'], name: string): readonly string[] {
  return slotNames(optimizer).map((slot) => `${name}/${slot}`);
}
