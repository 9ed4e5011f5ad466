const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Cleans up before a signal ends the process, which then ends by that very signal, as shells
 * expect. A second signal does not wait for the cleaning.
 *
 * @returns What takes the handlers off again.
 */
export function onInterrupt(cleanUp: () => void | Promise<void>): () => void {
  const release = (): void => {
    for (const signal of signals) process.off(signal, interrupt);
  };
  const interrupt = async (signal: NodeJS.Signals): Promise<void> => {
    release();
    try {
      await cleanUp();
    } finally {
      process.kill(process.pid, signal);
    }
  };
  for (const signal of signals) process.on(signal, interrupt);
  return release;
}

/**
 * Does work that a signal stops: it is told by the abort signal, and once it has ended, however, so
 * does the process.
 */
export async function interruptible<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let ended: () => void = () => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const release = onInterrupt(() => {
    controller.abort();
    return end;
  });
  try {
    return await work(controller.signal);
  } finally {
    ended();
    // The process is about to end; nobody should hear of the error that stopped the work.
    if (controller.signal.aborted) await new Promise(() => {});
    release();
  }
}
