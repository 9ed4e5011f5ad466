import { messageOf } from '../../../../src/core/errors.js';
import type { LaneReply, LaneRequest } from './protocol.js';
import { Workbench } from './workbench.js';

// A signal from the terminal reaches the whole group; the process that owns the lanes decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit());

let workbench: Workbench | undefined;

process.on('message', async (request: LaneRequest) => {
  try {
    await handle(request);
  } catch (error) {
    reply({ kind: 'failed', message: messageOf(error) });
  }
});

async function handle(request: LaneRequest): Promise<void> {
  switch (request.kind) {
    case 'open':
      workbench = await Workbench.open(request.settings);
      reply({ kind: 'opened', model: workbench.model });
      return;
    case 'segment':
      if (workbench === undefined) throw new Error('internal: the lane has no model');
      reply({ kind: 'segmented', report: await workbench.segment(request.job) });
      return;
    case 'close':
      await workbench?.close();
      process.disconnect();
  }
}

function reply(message: LaneReply): void {
  process.send?.(message);
}
