import type { LaneWork } from '../../../../runtime/node/lanes/contract.js';
import type { EvaluationCounts } from '../../../evaluation.js';
import type { ScoringSettings } from './protocol.js';
import type { ScoringWorkbench } from './workbench.js';

/** Runs the network on pictures, each told by its index, and keeps what it gives. */
export const scoringWork: LaneWork<ScoringSettings, ScoringWorkbench, number, EvaluationCounts> = {
  script: new URL('./lane-process.js', import.meta.url),
  open: async (settings) => {
    const { ScoringWorkbench } = await import('./workbench.js');
    return ScoringWorkbench.open(settings);
  },
  work: (workbench, index) => workbench.score(index),
};
