import type { LaneWork } from '../../../../runtime/node/lanes/contract.js';
import type { EvaluationCounts } from '../../../evaluation.js';
import type { TrialJob, TrialSettings } from './protocol.js';
import type { TrialWorkbench } from './workbench.js';

/** Tries parameters on pictures; an answer has the counts for each of them. */
export const trialWork: LaneWork<
  TrialSettings,
  TrialWorkbench,
  TrialJob,
  readonly EvaluationCounts[]
> = {
  script: new URL('./lane-process.js', import.meta.url),
  open: async (settings) => {
    const { TrialWorkbench } = await import('./workbench.js');
    return new TrialWorkbench(settings);
  },
  work: (workbench, job) => workbench.try(job),
};
