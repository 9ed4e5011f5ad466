import { elementCount, type Shape, type Tensor, tensor } from '../core/tensor.js';
import type { NamedTensors } from '../runtime/index.js';
import { gradientName } from './step-graph/index.js';

interface Sum {
  readonly part: Tensor & { readonly data: Float32Array };
  readonly sum: Tensor & { readonly data: Float32Array };
}

/** Gradients added up over the parts of a batch, in memory that is kept. */
export class GradientSums {
  /** Where the graph writes a part's gradients. */
  readonly into: NamedTensors;
  /** The sums. */
  readonly feeds: NamedTensors;
  readonly #sums: readonly Sum[];

  constructor(parameters: readonly { readonly name: string; readonly shape: Shape }[]) {
    const fresh = (shape: Shape) => tensor('float32', shape, new Float32Array(elementCount(shape)));
    this.#sums = parameters.map(({ shape }) => ({ part: fresh(shape), sum: fresh(shape) }));
    const named = (which: keyof Sum) =>
      Object.fromEntries(
        parameters.flatMap(({ name }, index) => {
          const own = this.#sums[index];
          return own === undefined ? [] : [[gradientName(name), own[which]]];
        }),
      );
    this.into = named('part');
    this.feeds = named('sum');
  }

  clear(): void {
    for (const { sum } of this.#sums) sum.data.fill(0);
  }

  /** Adds the gradients just written, times a factor. */
  add(factor: number): void {
    for (const { part, sum } of this.#sums) {
      const [from, to] = [part.data, sum.data];
      for (let at = 0; at < to.length; at++) {
        to[at] = (to[at] as number) + factor * (from[at] as number);
      }
    }
  }
}
