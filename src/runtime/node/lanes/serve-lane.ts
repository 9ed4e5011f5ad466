import { InternalError } from '../../../core/errors.js';
import type { LaneWork, Workbench } from './contract.js';
import { outcomeOf } from './outcome.js';
import { type LaneReply, type LaneRequest, packRefusal } from './protocol.js';

/**
 * Makes the calling process a lane: opens a model and does jobs as the process that has forked it
 * asks, one after the other. It ends with that process.
 */
export function serveLane<Settings, Bench extends Workbench, Job, Answer>(
  work: LaneWork<Settings, Bench, Job, Answer>,
): void {
  // A signal from the terminal reaches the whole group; the process that owns the lanes decides.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit());

  const waiting: Job[] = [];
  let working = false;
  let bench: Bench | undefined;

  const open = async (settings: Settings): Promise<void> => {
    try {
      bench = await work.open(settings);
      reply({ kind: 'opened', model: bench.model });
    } catch (error) {
      reply({ kind: 'refused', error: packRefusal(error) });
    }
  };

  const workOff = async (): Promise<void> => {
    const own = bench;
    if (own === undefined) throw new InternalError('lane', 'it has no model');
    // No event comes between an answer and the beginning of the next job: for the process that
    // asks, a job has begun as soon as all before it are answered.
    while (waiting.length > 0) {
      const job = waiting.shift() as Job;
      reply(await outcomeOf(() => work.work(own, job)));
    }
    working = false;
  };

  process.on('message', (request: LaneRequest<Settings, Job>) => {
    switch (request.kind) {
      case 'open':
        void open(request.settings);
        return;
      case 'work':
        waiting.push(request.job);
        if (working) return;
        working = true;
        void workOff();
        return;
      case 'return':
        if (waiting.splice(-1).length > 0) reply({ kind: 'returned' });
        return;
      case 'close':
        process.exit();
    }
  });
}

function reply(message: LaneReply<unknown, unknown>): void {
  // What cannot be sent has no reader any more: the end of the connection comes as an event too.
  process.send?.(message, undefined, undefined, () => {});
}
