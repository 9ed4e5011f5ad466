import type { Lanes, LaneWork, Workbench } from './contract.js';
import { LaneHere } from './lane-here.js';
import { LaneProcesses } from './lane-processes.js';

/**
 * Opens lanes: a single one in the calling process, several each in a process of its own. The
 * calling process then loads nothing that the work needs.
 *
 * @param settings The same for every lane.
 * @throws what opening a workbench throws: an AtrousError in its class, else an Error of the same
 *   message; DeviceError where a process ends before.
 */
export async function openLanes<Settings, Bench extends Workbench, Job, Answer>(
  work: LaneWork<Settings, Bench, Job, Answer>,
  settings: Settings,
  count: number,
): Promise<Lanes<Bench['model'], Job, Answer>> {
  if (count > 1) return LaneProcesses.open(work.script, settings, count);
  const bench = await work.open(settings);
  return new LaneHere(bench, (job) => work.work(bench, job));
}
