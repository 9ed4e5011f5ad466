import { parentPort, workerData } from 'node:worker_threads';
import { InternalError } from '../../../core/errors.js';
import { disableImageCache } from '../../../image/node/index.js';
import { packError } from '../../../runtime/node/worker-protocol.js';
import { readSample } from '../read-sample.js';
import { createBatchMaker, type DecodedSample } from './make-batch.js';
import { shareSample } from './sample-cache.js';
import type {
  BatchReply,
  BatchRequest,
  KeptSample,
  WorkerEntry,
  WorkerSetup,
} from './worker-protocol.js';

if (parentPort === null) throw new InternalError('batch worker', 'it runs in no worker thread');
const port = parentPort;
const { plan, coding } = workerData as WorkerSetup;
const makeBatch = createBatchMaker(plan);
disableImageCache();

// One batch after the other: their order is that of the steps.
let last: Promise<void> = Promise.resolve();
port.on('message', (request: BatchRequest) => {
  last = last.then(() => answer(request));
});

async function answer({ step, entries, into }: BatchRequest): Promise<void> {
  const kept: KeptSample[] = [];
  try {
    const arrays = await makeBatch(entries, (entry) => decode(entry, kept), into);
    reply({ step, arrays, kept }, [arrays.images.buffer, arrays.labels.buffer]);
  } catch (thrown) {
    reply({ step, error: packError(thrown) }, []);
  }
}

async function decode(entry: WorkerEntry, kept: KeptSample[]): Promise<DecodedSample> {
  if ('cached' in entry) return entry.cached;
  const { image, label } = await readSample(entry.location, coding);
  if (label === undefined) {
    throw new InternalError('batch worker', `the sample "${entry.id}" has no label`);
  }
  if (!entry.keep) return { image, label };
  const sample = shareSample({ image, label });
  kept.push({ index: entry.index, sample });
  return sample;
}

function reply(message: BatchReply, transfer: readonly ArrayBuffer[]): void {
  port.postMessage(message, transfer);
}
