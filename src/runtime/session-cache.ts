import { OptionError } from '../core/errors.js';
import type { Session } from './session.js';

/** How to open the session of a key, and what it will weigh. */
export interface SessionSource {
  /** Estimate of the memory that the session takes, in bytes. */
  readonly bytes: number;
  open(): Promise<Session>;
}

interface Entry {
  readonly bytes: number;
  readonly session: Promise<Session>;
  /** Calls that wait for the session or work with it. */
  users: number;
}

/**
 * Open sessions by a key such as the input's shape, bounded in bytes.
 *
 * When the bound is exceeded the least recently used sessions that nobody works with are disposed,
 * so that the bound holds except while larger or more sessions than it allows are at work together.
 */
export class SessionCache {
  private readonly limit: number;
  /** Least recently used first. */
  private readonly entries = new Map<string, Entry>();
  private readonly working = new Set<Promise<unknown>>();
  private closing: Promise<unknown> = Promise.resolve();
  private disposed = false;

  /** @param limit Sum of the sessions' estimates to keep, in bytes. */
  constructor(limit: number) {
    if (!(limit >= 0)) {
      throw new OptionError({
        place: 'session cache',
        problem: 'the limit makes no sense',
        expected: 'a number of bytes',
        found: `${limit}`,
      });
    }
    this.limit = limit;
  }

  /** Sum of the estimates of the open sessions. */
  get bytes(): number {
    let sum = 0;
    for (const entry of this.entries.values()) sum += entry.bytes;
    return sum;
  }

  /**
   * Gives `work` the key's session, which is opened if it is not there, and keeps the session alive
   * until `work` ends. Calls with the same key share one session; a failed opening is not kept.
   */
  use<T>(key: string, source: SessionSource, work: (session: Session) => Promise<T>): Promise<T> {
    const result = this.lease(key, source, work);
    const settled: Promise<unknown> = result.then(
      () => this.working.delete(settled),
      () => this.working.delete(settled),
    );
    this.working.add(settled);
    return result;
  }

  /** Disposes all sessions, once the work under way has ended. */
  async dispose(): Promise<void> {
    this.disposed = true;
    this.trim();
    await Promise.all(this.working);
    await this.closing;
  }

  private async lease<T>(
    key: string,
    source: SessionSource,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    if (this.disposed) {
      throw new OptionError({ place: 'session cache', problem: 'it has been disposed' });
    }
    const entry = this.entries.get(key) ?? this.opening(source);
    entry.users++;
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.trim();
    try {
      const session = await entry.session.catch((error: unknown) => {
        if (this.entries.get(key) === entry) this.entries.delete(key);
        throw error;
      });
      return await work(session);
    } finally {
      entry.users--;
      this.trim();
    }
  }

  private opening(source: SessionSource): Entry {
    // Room is made before the new session takes its memory.
    const session = Promise.resolve()
      .then(() => this.closing)
      .then(() => source.open());
    return { bytes: source.bytes, session, users: 0 };
  }

  private trim(): void {
    const limit = this.disposed ? -1 : this.limit;
    let bytes = this.bytes;
    for (const [key, entry] of this.entries) {
      if (bytes <= limit) return;
      if (entry.users > 0) continue;
      this.entries.delete(key);
      bytes -= entry.bytes;
      const closed = entry.session.then((session) => session.dispose());
      this.closing = Promise.allSettled([this.closing, closed]);
    }
  }
}
