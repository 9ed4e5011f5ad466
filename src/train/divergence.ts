import { AtrousError } from '../core/errors.js';
import type { TrainingState } from './training-state.js';

/** Training that has left the numbers: a loss or a weight became infinite or none. */
export class DivergenceError extends AtrousError {
  override readonly name = 'DivergenceError';
}

/** What is known of the step that diverged. */
export interface DivergedStep {
  /** From 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Samples of the step's batch. */
  readonly ids: readonly string[];
  /** Step of the last checkpoint, which is as it was. */
  readonly savedStep: number;
}

/** The error of a step whose loss is no finite number. */
export function lossDiverged(loss: number, step: DivergedStep): DivergenceError {
  return new DivergenceError({
    place: `step ${step.step}`,
    problem: `the loss is ${loss}`,
    ...remedy(step),
  });
}

/** The error of a state that is not finite although the loss was. */
export function stateDiverged(tensor: string, step: DivergedStep): DivergenceError {
  return new DivergenceError({
    place: `step ${step.step}`,
    problem: `"${tensor}" is no longer finite`,
    ...remedy(step),
  });
}

function remedy({ learningRate, ids, savedStep }: DivergedStep) {
  return {
    found: `learning rate ${learningRate}, batch of ${ids.join(', ')}`,
    fix:
      'lower learningRate.base, clip the gradients with clipNorm, or look at these samples; ' +
      `the last checkpoint, of step ${savedStep}, is as it was`,
  };
}

/** Name of the first tensor with an element that is infinite or no number. */
export function firstNotFinite(state: TrainingState): string | undefined {
  for (const [name, { data }] of state) {
    for (let at = 0; at < data.length; at++) {
      const value = data[at] as number;
      // Infinity - Infinity and NaN - NaN are NaN.
      if (value - value !== 0) return name;
    }
  }
  return undefined;
}
