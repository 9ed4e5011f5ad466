import { afterAll, describe, expect, it } from 'vitest';
import { OptionError } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import { denseCrf } from '../dense-crf.js';
import { noiseImage, randomEnergies, scene } from '../pictures.fixture.js';
import { DenseCrfThreads } from './dense-crf-threads.js';

const { image } = scene(90, 70);
const unary = randomEnergies(6, 90, 70, seededRandom(3));
/** Classes apart by more cost more. */
const compatibility = Array.from({ length: 36 }, (_, at) =>
  Math.abs((at % 6) - Math.floor(at / 6)),
);

describe.each([1, 2, 3])('%i threads', (threads) => {
  const crf = new DenseCrfThreads(threads);
  afterAll(() => crf.close());

  it.each([
    { engine: 'webassembly', blurOrder: 'forward' },
    { engine: 'webassembly', blurOrder: 'both' },
    { engine: 'javascript', blurOrder: 'forward' },
    { engine: 'webassembly', normalisation: 'after', compatibility },
  ] as const)('give every bit of the calling thread: %o', async (options) => {
    const there = await crf.run(image, unary, { bilateralPositionDeviation: 15 }, options);
    const here = denseCrf(image, unary, { bilateralPositionDeviation: 15 }, options);
    expect(there.probabilities).toEqual(here.probabilities);
    expect(there.labels).toEqual(here.labels);
    expect(there.points).toEqual(here.points);
  });
});

describe('threads', () => {
  const crf = new DenseCrfThreads(2);
  afterAll(() => crf.close());

  it('work on several calls one after the other', async () => {
    const weights = [0, 1, 5];
    const results = await Promise.all(
      weights.map((bilateralWeight) => crf.run(image, unary, { bilateralWeight })),
    );
    for (const [index, bilateralWeight] of weights.entries()) {
      const here = denseCrf(image, unary, { bilateralWeight });
      expect(results[index]?.labels).toEqual(here.labels);
    }
  });

  it('refuse what denseCrf refuses, and work on', async () => {
    const data = unary.data.slice();
    data[77] = Number.NaN;
    await expect(crf.run(image, { ...unary, data })).rejects.toThrow(/class 0 at \(77, 0\)/);
    await expect(crf.run(noiseImage(3, 3, seededRandom(1)), unary)).rejects.toThrow(OptionError);
    await expect(crf.run(image, unary, {}, { memoryLimit: 1000 })).rejects.toThrow(OptionError);
    const { labels } = await crf.run(image, unary);
    expect(labels).toEqual(denseCrf(image, unary).labels);
  });

  it('are started again after they were closed', async () => {
    const passing = new DenseCrfThreads(2);
    await passing.run(image, unary);
    await passing.close();
    const { labels } = await passing.run(image, unary);
    expect(labels).toEqual(denseCrf(image, unary).labels);
    await passing.close();
  });

  it('leave the event loop free', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await crf.run(image, unary, { iterations: 300 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it.each([0, 1.5, -2, 1000, Number.NaN])('cannot be %d', (threads) => {
    expect(() => new DenseCrfThreads(threads)).toThrow(/threads: not a number of threads/);
  });
});
