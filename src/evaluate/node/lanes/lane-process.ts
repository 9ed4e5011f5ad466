import sharp from 'sharp';
import { disableImageCache } from '../../../image/node/index.js';
import { packError } from '../../../runtime/node/worker-protocol.js';
import type { LaneReply, LaneRequest } from './protocol.js';
import { Workbench } from './workbench.js';

// A signal from the terminal reaches the whole group; the process that owns the lanes decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// Files are written in one go, so that the end between two events leaves no half ones.
process.on('disconnect', () => process.exit());

let workbench: Workbench | undefined;

process.on('message', async (request: LaneRequest) => {
  try {
    process.send?.(await answer(request));
  } catch (error) {
    process.send?.({ kind: 'failed', error: packError(error) } satisfies LaneReply);
  }
});

async function answer(request: LaneRequest): Promise<LaneReply> {
  switch (request.kind) {
    case 'open':
      // A batch never decodes the same file twice.
      disableImageCache();
      sharp.concurrency(request.settings.load.threads ?? 1);
      workbench = await Workbench.open(request.settings);
      return { kind: 'opened', model: workbench.model };
    case 'evaluate':
      if (workbench === undefined) throw new Error('internal: the lane has no model');
      return { kind: 'evaluated', counts: await workbench.evaluate(request.index) };
  }
}
