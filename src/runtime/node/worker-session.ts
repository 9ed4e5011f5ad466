import type { ElementArray } from '../../core/dtype.js';
import type { Tensor } from '../../core/tensor.js';
import { checkRun, checkSessionOptions, disposedError, notProfiledError } from '../checks.js';
import type {
  Device,
  NamedTensors,
  OperatorTime,
  RunOptions,
  Session,
  SessionOptions,
  ValueType,
} from '../session.js';
import { requireDevice } from './devices.js';
import { WorkerConnection } from './worker-connection.js';
import type { Exchanges } from './worker-protocol.js';

const sessionWorker = new URL('./session-worker.js', import.meta.url);

/**
 * Opens a session that computes in a worker thread of its own, so that the event loop stays free.
 *
 * Feeds are copied once unless a run says `transfer`; outputs are moved without a copy. A worker
 * that dies fails all runs under way with a DeviceError. `script` is the worker's module.
 */
export async function openWorkerSession(
  model: Uint8Array,
  options: SessionOptions = {},
  script: URL = sessionWorker,
): Promise<Session> {
  checkSessionOptions(options);
  const device = options.device ?? 'cpu';
  requireDevice(device);
  const connection = new WorkerConnection(script);
  try {
    const bytes = new Uint8Array(model);
    const types = await connection.request('open', { model: bytes, options }, [bytes.buffer]);
    return new WorkerSession(device, types, connection, options.profile === true);
  } catch (error) {
    await connection.terminate();
    throw error;
  }
}

class WorkerSession implements Session {
  readonly device: Device;
  readonly inputs: readonly ValueType[];
  readonly outputs: readonly ValueType[];
  private readonly connection: WorkerConnection;
  private readonly profiled: boolean;
  private times: Promise<readonly OperatorTime[]> | undefined;
  private disposing: Promise<void> | undefined;

  constructor(
    device: Device,
    types: Exchanges['open']['answer'],
    connection: WorkerConnection,
    profiled: boolean,
  ) {
    this.device = device;
    this.inputs = types.inputs;
    this.outputs = types.outputs;
    this.connection = connection;
    this.profiled = profiled;
  }

  async run(
    feeds: NamedTensors,
    fetches?: readonly string[],
    options: RunOptions = {},
  ): Promise<Record<string, Tensor>> {
    if (this.disposing !== undefined) throw disposedError();
    const fetched = checkRun(this.inputs, this.outputs, feeds, fetches, options);
    const results = await this.post(feeds, fetched, options.transfer ?? []);
    return Object.fromEntries(
      fetched.map((name) => [name, place(results[name] as Tensor, options.into?.[name])]),
    );
  }

  async profile(): Promise<readonly OperatorTime[]> {
    if (!this.profiled) throw notProfiledError();
    if (this.times === undefined) {
      if (this.disposing !== undefined) throw disposedError();
      this.times = this.connection.request('profile', undefined);
    }
    return this.times;
  }

  dispose(): Promise<void> {
    // The worker answers in order, so that this waits for the runs before it. Where the worker has
    // died there is nothing left to free.
    this.disposing ??= this.connection
      .request('dispose', undefined)
      .catch(() => undefined)
      .then(() => this.connection.terminate());
    return this.disposing;
  }

  private post(feeds: NamedTensors, fetches: readonly string[], transfer: readonly string[]) {
    const moved = new Set(transfer);
    try {
      return this.connection.request('run', ...packFeeds(feeds, fetches, moved));
    } catch (error) {
      // Some memory cannot be moved, such as the pool behind small Node buffers: Node 20 copies it
      // of its own accord, newer versions throw.
      if (moved.size === 0 || !(error instanceof DOMException)) throw error;
      return this.connection.request('run', ...packFeeds(feeds, fetches, new Set()));
    }
  }
}

/** Copies the feeds that are not to be moved, so that all of them can be transferred. */
function packFeeds(
  feeds: NamedTensors,
  fetches: readonly string[],
  moved: ReadonlySet<string>,
): readonly [ask: Exchanges['run']['ask'], transfer: readonly ArrayBuffer[]] {
  const packed = Object.entries(feeds).map(([name, { dtype, shape, data }]) => {
    const kept = moved.has(name) && data.buffer instanceof ArrayBuffer;
    return [name, { dtype, shape, data: kept ? data : copyOf(data) } as Tensor] as const;
  });
  const buffers = new Set(packed.map(([, { data }]) => data.buffer as ArrayBuffer));
  return [{ feeds: Object.fromEntries(packed), fetches }, [...buffers]];
}

/** A copy with memory of its own size; `slice` of a Node buffer would be a view. */
function copyOf(data: ElementArray): ElementArray {
  return data instanceof Uint8Array ? new Uint8Array(data) : data.slice();
}

function place(result: Tensor, target: Tensor | undefined): Tensor {
  if (target === undefined) return result;
  (target.data as Uint8Array).set(result.data as Uint8Array);
  return target;
}
