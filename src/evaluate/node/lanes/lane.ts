import type { LaneWork } from '../../../runtime/node/lanes/contract.js';
import type { LaneSettings, PictureCounts } from './protocol.js';
import type { Workbench } from './workbench.js';

/** What lanes do with the pictures of a data set, each told by its index there. */
export const evaluationWork: LaneWork<LaneSettings, Workbench, number, PictureCounts> = {
  script: new URL('./lane-process.js', import.meta.url),
  open: async (settings) => {
    // Loaded here alone: with lanes in processes, this one needs neither sharp nor ONNX Runtime.
    const { Workbench } = await import('./workbench.js');
    return Workbench.open(settings);
  },
  work: (workbench, index) => workbench.evaluate(index),
};
