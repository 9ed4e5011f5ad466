import { parentPort, workerData } from 'node:worker_threads';
import { InternalError } from '../../core/errors.js';
import type { Session } from '../session.js';
import { type ExitGate, enterGate, leaveGate } from './exit-gate.js';
import { openInThreadSession } from './in-thread-session.js';
import { packError, type Reply, type Request } from './worker-protocol.js';

if (parentPort === null) throw new InternalError('session worker', 'it runs in no worker thread');
const port = parentPort;
const gate = workerData as ExitGate;

let opened: Session | undefined;
let last: Promise<void> = Promise.resolve();

// One request after the other: the session would not overlap them either.
port.on('message', (request: Request) => {
  last = last.then(() => handle(request));
});

interface Answer {
  readonly value: unknown;
  readonly transfer: readonly ArrayBuffer[];
}

async function handle(request: Request): Promise<void> {
  if (!enterGate(gate)) return;
  try {
    const { value, transfer } = await answer(request);
    reply({ id: request.id, answer: value }, transfer);
  } catch (thrown) {
    reply({ id: request.id, error: packError(thrown) }, []);
  } finally {
    leaveGate(gate);
  }
}

async function answer(request: Request): Promise<Answer> {
  if (request.kind === 'open') {
    opened = await openInThreadSession(request.ask.model, request.ask.options);
    const { inputs, outputs } = opened;
    return { value: { inputs, outputs }, transfer: [] };
  }
  if (opened === undefined) throw new InternalError('session worker', 'it has no session');
  switch (request.kind) {
    case 'run': {
      const results = await opened.run(request.ask.feeds, request.ask.fetches);
      const buffers = Object.values(results).map(({ data }) => data.buffer as ArrayBuffer);
      return { value: results, transfer: [...new Set(buffers)] };
    }
    case 'profile':
      return { value: await opened.profile(), transfer: [] };
    case 'dispose':
      await opened.dispose();
      return { value: undefined, transfer: [] };
  }
}

function reply(message: Reply, transfer: readonly ArrayBuffer[]): void {
  port.postMessage(message, transfer);
}
