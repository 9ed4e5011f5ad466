/**
 * A gate between a worker thread and the end of its process.
 *
 * onnxruntime-node aborts the whole process when its thread is told to end in the middle of a
 * native call. So the end of the process waits for the call under way, which Node does anyway, and
 * lets no further one begin.
 */
export type ExitGate = Int32Array<SharedArrayBuffer>;

const busy = 0;
const closed = 1;

/** Longest wait at the end of a process, in milliseconds, should a worker be lost while busy. */
const patience = 30_000;

const gates = new Set<ExitGate>();

export function exitGate(): ExitGate {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** In the worker, before a native call: whether it may begin. Each `true` is owed a `leaveGate`. */
export function enterGate(gate: ExitGate): boolean {
  Atomics.store(gate, busy, 1);
  // Busy first, then the look at the door: the other side closes first and looks for busy then.
  if (Atomics.load(gate, closed) === 0) return true;
  leaveGate(gate);
  return false;
}

/** In the worker, after a native call. */
export function leaveGate(gate: ExitGate): void {
  Atomics.store(gate, busy, 0);
  Atomics.notify(gate, busy);
}

/** In the thread that owns the worker: closes the gate when the process ends. */
export function guardExit(gate: ExitGate): void {
  if (gates.size === 0) process.on('exit', closeGates);
  gates.add(gate);
}

/** Ends the guard of a worker that has ended. */
export function unguardExit(gate: ExitGate): void {
  gates.delete(gate);
  if (gates.size === 0) process.off('exit', closeGates);
}

function closeGates(): void {
  for (const gate of gates) Atomics.store(gate, closed, 1);
  for (const gate of gates) Atomics.wait(gate, busy, 1, patience);
}
