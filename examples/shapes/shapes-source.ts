import { OptionError } from '../../src/core/errors.js';
import { type DatasetSource, randomStream, type Sample } from '../../src/data/index.js';
import type { LabelMap } from '../../src/image/index.js';
import { drawScene, labels, palette } from './scene.js';

/** Tells the splits' streams of random numbers apart. */
const streams = { train: 1, val: 2 } as const;

/** A split of drawn scenes: nothing is stored, each sample is drawn when it is read. */
export class ShapesSource implements DatasetSource {
  readonly name = 'shapes';
  readonly labels = labels;
  readonly palette = palette;
  readonly ignoreValue = 255;
  readonly labelled = true;
  readonly split: keyof typeof streams;
  readonly size: number;
  readonly ids: readonly string[];
  readonly #side: number;
  readonly #seed: number;

  /** @param side width and height of the pictures. */
  constructor(split: keyof typeof streams, size: number, side: number, seed = 0) {
    this.split = split;
    this.size = size;
    this.ids = Array.from({ length: size }, (_, index) => `${index}`.padStart(4, '0'));
    this.#side = side;
    this.#seed = seed;
  }

  async read(index: number): Promise<Sample & { readonly label: LabelMap }> {
    const id = this.ids[index];
    if (id === undefined) {
      throw new OptionError({ place: 'shapes', problem: 'no such sample', found: `${index}` });
    }
    const random = randomStream(this.#seed, streams[this.split], index);
    return { id, ...drawScene(this.#side, random) };
  }

  async readLabel(index: number): Promise<LabelMap> {
    return (await this.read(index)).label;
  }
}
