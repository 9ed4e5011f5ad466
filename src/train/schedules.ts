/** How the learning rate falls over the steps. */
export type ScheduleSettings =
  /** end + (base - end) (1 - step / steps)^power, the schedule of DeepLab v2 on. */
  | { readonly kind: 'poly'; readonly power?: number; readonly end?: number }
  /** Multiplied by a factor every so many steps. */
  | { readonly kind: 'step'; readonly every?: number; readonly factor?: number }
  /** Multiplied by a factor at each of some steps. */
  | { readonly kind: 'multi-step'; readonly at: readonly number[]; readonly factor?: number }
  /** Half a cosine from base to end (Loshchilov and Hutter 2017). */
  | { readonly kind: 'cosine'; readonly end?: number }
  | { readonly kind: 'constant' };

/** A slow start: a small rate, constant or rising linearly to the base, for the first steps. */
export interface SlowStartSettings {
  readonly steps: number;
  readonly rate?: number;
  readonly kind?: 'constant' | 'linear';
}

/** Learning rate over a training run. */
export interface LearningRateSettings {
  readonly base: number;
  readonly schedule: ScheduleSettings;
  readonly slowStart?: SlowStartSettings;
}

/**
 * Learning rate of a step.
 *
 * The schedule starts after the slow start and ends with the last step.
 *
 * @param step from 0.
 * @param steps of the whole run.
 */
export function learningRate(settings: LearningRateSettings, step: number, steps: number): number {
  const { base, schedule, slowStart } = settings;
  const slow = slowStart?.steps ?? 0;
  if (slowStart !== undefined && step < slow) {
    const rate = slowStart.rate ?? 1e-4;
    return slowStart.kind === 'linear' ? rate + ((base - rate) * step) / slow : rate;
  }
  const since = step - slow;
  const progress = Math.min(1, since / Math.max(1, steps - slow));
  switch (schedule.kind) {
    case 'poly': {
      const { power = 0.9, end = 0 } = schedule;
      return end + (base - end) * (1 - progress) ** power;
    }
    case 'step': {
      const { every = 2000, factor = 0.1 } = schedule;
      return base * factor ** Math.floor(since / every);
    }
    case 'multi-step': {
      const { at, factor = 0.1 } = schedule;
      return base * factor ** at.filter((boundary) => step >= boundary).length;
    }
    case 'cosine': {
      const { end = 0 } = schedule;
      return end + ((base - end) * (1 + Math.cos(Math.PI * progress))) / 2;
    }
    case 'constant':
      return base;
  }
}
