import type { Runtime } from '../session.js';
import { nodeDevices } from './devices.js';
import { openInThreadSession } from './in-thread-session.js';
import { openWorkerSession } from './worker-session.js';

export interface NodeRuntimeOptions {
  /**
   * Whether each session lives in a worker thread of its own, which leaves the event loop free;
   * without it a run blocks the calling thread.
   */
  readonly worker: boolean;
}

/** ONNX Runtime in Node, by the package onnxruntime-node. */
export function nodeRuntime({ worker }: NodeRuntimeOptions): Runtime {
  return {
    name: worker ? 'onnxruntime-node in worker threads' : 'onnxruntime-node',
    devices: nodeDevices,
    open: worker ? (model, options) => openWorkerSession(model, options) : openInThreadSession,
  };
}

export { openInThreadSession } from './in-thread-session.js';
export { parseProfile } from './profile.js';
export { openWorkerSession } from './worker-session.js';
