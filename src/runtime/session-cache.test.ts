import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import type { Session } from './session.js';
import { SessionCache } from './session-cache.js';

/** Makes sessions that only tell what happens to them. */
function sources() {
  const open = new Map<string, number>();
  let opened = 0;
  return {
    open,
    opened: () => opened,
    source: (key: string, bytes: number) => ({
      bytes,
      async open(): Promise<Session> {
        await pause();
        opened++;
        open.set(key, bytes);
        return {
          device: 'cpu',
          inputs: [],
          outputs: [],
          run: async () => {
            if (!open.has(key)) throw new Error(`session ${key} ran after it was disposed`);
            await pause();
            if (!open.has(key)) throw new Error(`session ${key} was disposed while it ran`);
            return {};
          },
          profile: async () => [],
          dispose: async () => {
            if (!open.delete(key)) throw new Error(`session ${key} was disposed twice`);
          },
        };
      },
    }),
  };
}

const pause = () => new Promise((resolve) => setImmediate(resolve));
const run = (session: Session) => session.run({});
const keys = (open: ReadonlyMap<string, number>) => [...open.keys()].sort().join('');

describe('a cache of sessions', () => {
  it('opens each key once, for calls at the same time too', async () => {
    const { source, opened } = sources();
    const cache = new SessionCache(100);
    await Promise.all([1, 2, 3].map(() => cache.use('a', source('a', 10), run)));
    await cache.use('a', source('a', 10), run);
    expect(opened()).toBe(1);
    expect(cache.bytes).toBe(10);
    await cache.dispose();
  });

  it('disposes the least recently used sessions beyond its bytes', async () => {
    const { source, open } = sources();
    const cache = new SessionCache(30);
    for (const key of ['a', 'b', 'c', 'a', 'd']) await cache.use(key, source(key, 10), run);
    expect(keys(open)).toBe('acd');
    await cache.use('e', source('e', 25), run);
    expect(keys(open)).toBe('e');
    await cache.use('f', source('f', 31), run);
    await cache.dispose();
    expect(keys(open)).toBe('');
  });

  it('makes room before it opens the next session', async () => {
    const { source, open } = sources();
    const cache = new SessionCache(10);
    await cache.use('a', source('a', 10), run);
    const next = {
      bytes: 10,
      open: async () => {
        expect(keys(open)).toBe('');
        return source('b', 10).open();
      },
    };
    await cache.use('b', next, run);
    expect(keys(open)).toBe('b');
    await cache.dispose();
  });

  it('keeps sessions at work, however many, and drops them afterwards', async () => {
    const { source, open } = sources();
    const cache = new SessionCache(10);
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const work = ['a', 'b', 'c'].map((key) =>
      cache.use(key, source(key, 10), async (session) => {
        await gate;
        await session.run({});
      }),
    );
    await pause();
    await pause();
    expect(keys(open)).toBe('abc');
    release();
    await Promise.all(work);
    await pause();
    expect(open.size).toBe(1);
    await cache.dispose();
  });

  it('forgets a session that failed to open, and passes the error to all who waited', async () => {
    const { source, opened } = sources();
    const cache = new SessionCache(10);
    let attempts = 0;
    const failing = {
      bytes: 5,
      open: async (): Promise<Session> => {
        attempts++;
        throw new Error('no memory');
      },
    };
    const outcomes = await Promise.allSettled([1, 2].map(() => cache.use('a', failing, run)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(attempts).toBe(1);
    expect(cache.bytes).toBe(0);
    await cache.use('a', source('a', 5), run);
    expect(opened()).toBe(1);
    await cache.dispose();
  });

  it('passes on errors of the work and keeps the session', async () => {
    const { source, opened } = sources();
    const cache = new SessionCache(10);
    const broken = cache.use('a', source('a', 5), async () => {
      throw new Error('bad picture');
    });
    await expect(broken).rejects.toThrow('bad picture');
    await cache.use('a', source('a', 5), run);
    expect(opened()).toBe(1);
    await cache.dispose();
  });

  it('is disposed once the work under way has ended', async () => {
    const { source, open } = sources();
    const cache = new SessionCache(10);
    const work = cache.use('a', source('a', 5), run);
    await cache.dispose();
    await work;
    expect(open.size).toBe(0);
    await expect(cache.use('a', source('a', 5), run)).rejects.toThrow(/disposed/);
  });

  it('never disposes a session at work, nor exceeds its bytes at rest, in any order of calls', async () => {
    const random = seededRandom(11);
    const { source, open } = sources();
    const cache = new SessionCache(40);
    for (let round = 0; round < 30; round++) {
      const calls = Array.from({ length: random.integer(1, 12) }, async () => {
        for (let wait = random.integer(0, 3); wait > 0; wait--) await pause();
        const size = random.integer(1, 9);
        await cache.use(`${size}`, source(`${size}`, 5 * size), run);
      });
      await Promise.all(calls);
      await pause();
      const total = [...open.values()].reduce((sum, bytes) => sum + bytes, 0);
      expect(total).toBe(cache.bytes);
      expect(total).toBeLessThanOrEqual(40);
    }
    await cache.dispose();
    expect(open.size).toBe(0);
  });

  it('refuses a limit that is no number of bytes', () => {
    expect(() => new SessionCache(Number.NaN)).toThrow(/session cache.*bytes/);
  });
});
