import type { LaneWork } from '../../../../src/runtime/node/lanes/contract.js';
import type { PictureReport } from '../report.js';
import type { LaneSettings, PictureJob } from './protocol.js';
import type { Workbench } from './workbench.js';

/** A lane in the calling process. */
export async function openLaneHere(settings: LaneSettings): Promise<Workbench> {
  // Loaded here alone: with lanes in processes, this one needs neither sharp nor ONNX Runtime.
  const { Workbench } = await import('./workbench.js');
  return Workbench.open(settings);
}

/** What lanes do with pictures. */
export const pictureWork: LaneWork<LaneSettings, Workbench, PictureJob, PictureReport> = {
  script: new URL('./lane-process.js', import.meta.url),
  open: openLaneHere,
  work: (workbench, job) => workbench.segment(job),
};
