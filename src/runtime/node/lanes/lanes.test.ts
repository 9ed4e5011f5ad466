import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceError, OptionError } from '../../../core/errors.js';
import type { Lanes, Outcome } from './contract.js';
import { type Errand, type ErrandAnswer, errandWork } from './errand-work.fixture.js';
import { openLanes } from './lanes.js';

describe('lanes', () => {
  let folder: string;
  let lanes: Lanes<{ readonly pid: number }, Errand, ErrandAnswer> | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'atrous-lanes-'));
  });
  afterEach(async () => {
    await lanes?.kill();
    lanes = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(count: number) {
    lanes = await openLanes(errandWork, { folder }, count);
    return lanes;
  }

  const mark = (name: string) => writeFileSync(join(folder, name), '');
  const marked = (name: string) => existsSync(join(folder, name));
  const markerOf = (name: string) => Number(readFileSync(join(folder, name), 'utf8'));

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await setTimeout(2);
  }

  /** Does errands and gives their outcomes in the order of the errands. */
  async function run(count: number, errands: readonly Errand[]) {
    const own = await open(count);
    const outcomes: Outcome<ErrandAnswer>[] = [];
    const order: number[] = [];
    await own.run(errands, (index, outcome) => {
      outcomes[index] = outcome;
      order.push(index);
    });
    return { outcomes, order };
  }

  function answers(outcomes: readonly Outcome<ErrandAnswer>[]): readonly ErrandAnswer[] {
    return outcomes.flatMap((outcome) => (outcome.kind === 'done' ? [outcome.answer] : []));
  }

  const kinds = (outcomes: readonly Outcome<ErrandAnswer>[]) => outcomes.map(({ kind }) => kind);
  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it.each([1, 2])('%i: do every job once, one after the other, in their order', async (count) => {
    const errands = Array.from(
      { length: 12 },
      (_, i): Errand => (i === 5 ? { ending: 'fail' } : {}),
    );
    const { outcomes, order } = await run(count, errands);
    expect([...order].sort((a, b) => a - b)).toEqual([...errands.keys()]);
    expect(outcomes[5]).toEqual({ kind: 'failed', message: 'this errand fails' });
    const done = answers(outcomes);
    expect(done).toHaveLength(11);
    expect(done.every(({ beside }) => beside === 0)).toBe(true);
    const pids = new Set(done.map(({ pid }) => pid));
    expect([pids.size, pids.has(process.pid)]).toEqual([count, count === 1]);
    for (const own of pids) {
      const earlier = done.filter(({ pid }) => pid === own).map((answer) => answer.earlier);
      expect(earlier).toEqual([...earlier].sort((a, b) => a - b));
    }
  });

  it('have their next job before the calling process learns of the last one', async () => {
    const own = await open(2);
    const errands = Array.from({ length: 6 }, (_, i) => ({ mark: `${i}` }));
    let seen = 0;
    await own.run(errands, () => {
      if (seen > 0) return;
      // Nothing is handed over meanwhile. The lane that was first has two more jobs by now, the
      // other one the two that it got at the start.
      for (const end = Date.now() + 10_000; seen < 5 && Date.now() < end; ) {
        seen = errands.filter((errand) => marked(errand.mark)).length;
      }
    });
    expect(seen).toBe(5);
  });

  it('lose the job in work where a process crashes, and not the one behind it', async () => {
    // Dealt out in turn: the third job waits behind the first one when that crashes.
    const { outcomes } = await run(2, [
      { mark: 'doomed', after: 'dealt', ending: 'crash' },
      { mark: 'dealt' },
      { mark: 'behind' },
      {},
      {},
    ]);
    expect(outcomes[0]).toEqual({
      kind: 'lost',
      message: 'the process that worked on it has ended (SIGKILL)',
    });
    expect(kinds(outcomes.slice(1))).toEqual(['done', 'done', 'done', 'done']);
    expect(markerOf('behind')).not.toBe(markerOf('doomed'));
  });

  it('go on with crash after crash, each of which costs one job', async () => {
    const errands = Array.from({ length: 8 }, (_, i): Errand => (i % 2 ? {} : { ending: 'crash' }));
    const { outcomes } = await run(2, errands);
    expect(kinds(outcomes)).toEqual(errands.map(({ ending }) => (ending ? 'lost' : 'done')));
  });

  it('do without one that cannot be opened again, while there are others', async () => {
    const { outcomes } = await run(2, [
      { mark: 'refuse', ending: 'crash' },
      ...Array.from({ length: 5 }, () => ({})),
    ]);
    expect(kinds(outcomes)).toEqual(['lost', 'done', 'done', 'done', 'done', 'done']);
  });

  it('leave jobs untried where none can be opened again', async () => {
    const { outcomes } = await run(2, [
      { mark: 'refuse', after: 'both', ending: 'crash' },
      { mark: 'both', after: 'refuse', ending: 'crash' },
      ...Array.from({ length: 6 }, () => ({})),
    ]);
    const untried = { kind: 'untried', message: 'not tried: errand: not today' };
    expect(kinds(outcomes.slice(0, 2))).toEqual(['lost', 'lost']);
    expect(outcomes.slice(2)).toEqual(Array.from({ length: 6 }, () => untried));
  });

  it('that have run out take over what waits behind a long job', async () => {
    // The third job is handed to the first lane, whose present one ends only after it.
    const { outcomes } = await run(2, [{ mark: 'long', after: 'short' }, {}, { mark: 'short' }]);
    expect(kinds(outcomes)).toEqual(['done', 'done', 'done']);
    expect(markerOf('short')).not.toBe(markerOf('long'));
  });

  it.each([1, 2])('%i: tell of nothing more once they are closed', async (count) => {
    const own = await open(count);
    const first = Array.from({ length: count }, (_, i) => ({ mark: `${i}`, after: 'go' }));
    const told: number[] = [];
    const running = own.run([...first, ...first, ...first], (index) => told.push(index));
    await until(() => first.every((errand) => marked(errand.mark)));
    const pids = first.map((errand) => markerOf(errand.mark));
    const closing = own.close();
    mark('go');
    await Promise.all([closing, running, own.close()]);
    expect(told).toEqual([]);
    if (count === 1) expect(marked('closed')).toBe(true);
    else expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it('closed while an outcome is told end without another one', async () => {
    const own = await open(2);
    const told: number[] = [];
    await own.run([{}, {}, {}, {}, {}], (index) => {
      told.push(index);
      void own.close();
    });
    expect(told).toHaveLength(1);
  });

  it('killed end whatever they do, and say what they were at', async () => {
    const own = await open(2);
    const first = ['a', 'b'].map((name): Errand => ({ mark: name, ending: 'hang' }));
    const running = own.run([...first, {}, {}, {}], () => {});
    await until(() => marked('a') && marked('b'));
    const cut = await own.kill();
    expect(cut).toEqual(first);
    await running;
    expect([markerOf('a'), markerOf('b')].map(isAlive)).toEqual([false, false]);
  });

  it('killed in the calling process end the run, though not the job', async () => {
    const own = await open(1);
    const running = own.run([{ after: 'go' }, { mark: 'next' }], () => {});
    expect(await own.kill()).toEqual([{ after: 'go' }]);
    await running;
    mark('go');
    await own.close();
    expect(marked('next')).toBe(false);
  });

  it('end the run with what is thrown where an outcome is told', async () => {
    for (const count of [1, 2]) {
      const own = await open(count);
      const running = own.run([{}, {}, {}], () => {
        throw new Error('enough');
      });
      await expect(running).rejects.toThrow('enough');
      await own.close();
    }
  });

  it.each([1, 2])('%i: fail to open with the error of the work', async (count) => {
    mark('refuse');
    const refusal = await open(count).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(OptionError);
    expect(refusal).toMatchObject({ place: 'errand', message: 'errand: not today' });
    rmSync(join(folder, 'refuse'));
    mark('break');
    await expect(open(count)).rejects.toThrow(/^broken$/);
  });

  it('fail to open where a process ends before', async () => {
    mark('die');
    const failure = await open(2).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DeviceError);
    expect(failure).toMatchObject({
      message: 'lane: its process has ended before the model was open (exit code 7)',
    });
  });
});
