import { availableParallelism } from 'node:os';
import { OptionError } from '../../core/errors.js';
import type { RgbImage } from '../../image/image.js';
import { type CrfResult, collectResult, fillEnergies } from '../dense-crf.js';
import type { FeatureSource } from '../lattice/features.js';
import { type MeanFieldSizes, meanFieldArrays } from '../mean-field/arrays.js';
import type { Block } from '../mean-field/block.js';
import type { CrfParameters } from '../parameters.js';
import {
  allocate,
  type CrfOptions,
  type CrfProblem,
  crfProblem,
  meanFieldSizes,
} from '../problem.js';
import type { ClassPlanes } from '../unary.js';
import { Crew } from './crew.js';

/**
 * Dense CRF on worker threads, which are kept for the next picture, as is their memory.
 *
 * The event loop stays free but for copying a picture's energies in and its probabilities out. The
 * results are those of `denseCrf`, bit by bit, whatever the number of threads.
 */
export class DenseCrfThreads {
  readonly threads: number;
  #crew: Crew | undefined;
  readonly #arena = new Arena();
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param threads how many; as many as the machine has cores by default.
   * @throws OptionError where it is not a whole number from 1 to 256.
   */
  constructor(threads: number = availableParallelism()) {
    if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
      throw new OptionError({
        place: 'dense CRF: threads',
        problem: 'not a number of threads',
        expected: 'a whole number from 1 to 256',
        found: `${threads}`,
      });
    }
    this.threads = threads;
  }

  /**
   * The same as `denseCrf`; several calls work one after the other.
   *
   * @throws OptionError as `denseCrf` does.
   * @throws DeviceError where a thread fails; the next call starts new ones.
   */
  run(
    image: RgbImage,
    unary: ClassPlanes,
    parameters?: Partial<CrfParameters>,
    options?: CrfOptions,
  ): Promise<CrfResult> {
    const result = this.#last.then(() => {
      const problem = crfProblem(image, unary, parameters, options);
      if (this.#crew?.alive !== true) {
        this.#crew = new Crew(this.threads);
        // Threads that are about to end may still write there.
        this.#arena.release();
      }
      return infer(problem, this.#crew, this.#arena);
    });
    this.#last = result.catch(() => {});
    return result;
  }

  /** Ends the threads once the calls under way are done. */
  async close(): Promise<void> {
    await this.#last;
    await this.#crew?.close();
    this.#crew = undefined;
    this.#arena.release();
  }
}

/** The arrays' memory, kept for the next picture: new memory costs a twentieth of a run. */
class Arena {
  #block: Block | undefined;

  /** A block of memory with anything in it. @throws OptionError as `allocate` does. */
  blockFor(problem: CrfProblem, sizes: MeanFieldSizes): Block {
    this.#block = allocate(problem, sizes, true, this.#block);
    return this.#block;
  }

  release(): void {
    this.#block = undefined;
  }
}

async function infer(problem: CrfProblem, crew: Crew, arena: Arena): Promise<CrfResult> {
  const lattices = await crew.all(
    'points',
    problem.terms.map(({ features }) => shareable(features)),
  );
  const axes = lattices.flatMap((lattice, term) =>
    Array.from({ length: lattice.dimension + 1 }, (_, axis) => ({ lattice, axis, term })),
  );
  const lists = await crew.all('chains', axes);
  const filters = lattices.map(({ table }, term) => ({
    points: table.count,
    chains: lists.filter((_, index) => axes[index]?.term === term),
  }));

  const sizes = meanFieldSizes(problem, filters, crew.threads);
  const block = arena.blockFor(problem, sizes);
  const arrays = meanFieldArrays(sizes, block.memory.buffer);
  const preparing = crew.all(
    'prepare',
    problem.terms.flatMap(({ settings }, term) => {
      const lattice = lattices[term];
      const chains = filters[term]?.chains;
      if (lattice === undefined || chains === undefined) return [];
      return [{ lattice, chains, settings, block, sizes, term }];
    }),
  );
  try {
    fillEnergies(problem, arrays);
  } finally {
    await preparing;
  }
  await crew.each('iterate', (thread) => ({ block, sizes, thread }));
  return collectResult(problem, arrays);
}

/** The picture's bytes are copied once for all threads. */
function shareable(source: FeatureSource): FeatureSource {
  if (source.kind === 'position') return source;
  const { data } = source.image;
  const bytes = new Uint8Array(new SharedArrayBuffer(data.length));
  bytes.set(data);
  return { ...source, image: { ...source.image, data: bytes } };
}
