import type { Shape, TensorOf } from '../core/tensor.js';
import { elementCount, tensor } from '../core/tensor.js';
import { randomStream } from '../data/index.js';

/** Tells the streams of dropout from others with the same seed. */
const dropoutStream = 0x6472;

/** A mask that is drawn anew each step, into memory that is kept. */
export class DropoutMask {
  readonly name: string;
  readonly tensor: TensorOf<'float32'>;
  readonly #index: number;
  readonly #keep: number;

  /**
   * @param shape [N, ...]
   * @param index tells it from other masks of the network.
   * @param keep share of the activations that is kept, above 0 and below 1.
   */
  constructor(name: string, shape: Shape, index: number, keep: number) {
    this.name = name;
    this.tensor = tensor('float32', shape, new Float32Array(elementCount(shape)));
    this.#index = index;
    this.#keep = keep;
  }

  /**
   * Fills the mask for a step: 1 / keep for the share that is kept and 0 for the others, so that the
   * expectation is 1. A sample's part depends on seed, step and its place in the batch alone,
   * whatever parts the batch is worked off in.
   *
   * @param firstSample place in the batch of the mask's first sample.
   */
  draw(seed: number, step: number, firstSample: number): void {
    const { data, shape } = this.tensor;
    const [samples = 1] = shape;
    const size = data.length / samples;
    const keep = this.#keep;
    data.fill(1 / keep);
    for (let sample = 0; sample < samples; sample++) {
      const random = randomStream(seed, dropoutStream, step, this.#index, firstSample + sample);
      const end = (sample + 1) * size;
      let at = sample * size;
      // Instead of a draw for every element, the distance to the next zero: it is geometric.
      for (;;) {
        at += Math.floor(Math.log(1 - random.uniform()) / Math.log(keep));
        if (at >= end) break;
        data[at++] = 0;
      }
    }
  }
}
