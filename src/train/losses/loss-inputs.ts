import { float32, int64, type Shape, sameShape } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import type { AttributesInOf, OperatorName } from '../../graph/operators.js';
import type { LossLabels } from './loss-labels.js';

/** What a loss sees: logits and labels at the same size, and ways to add nodes. */
export class LossInputs {
  readonly builder: GraphBuilder;
  /** float32 [N, C, H, W] */
  readonly logits: Value;
  readonly #truth: LossLabels;
  #probabilities: Value | undefined;

  /** @param truth at the size of the logits. */
  constructor(logits: Value, truth: LossLabels) {
    this.builder = truth.builder;
    this.logits = logits;
    this.#truth = truth;
  }

  /** int64 [N, H, W]: the class, or -1 where the pixel does not count. */
  get labels(): Value {
    return this.#truth.classes;
  }

  /** float32 [N, H, W]: 1 where the pixel counts, else 0. */
  get valid(): Value {
    return this.#truth.valid;
  }

  get classes(): number {
    return this.logits.shape[1] ?? 1;
  }

  get pixels(): number {
    return this.labels.shape.reduce((product, size) => product * size, 1);
  }

  /** float32 [N, C, H, W]: 1 for the pixel's class, 0 for all others and for ignored pixels. */
  get oneHot(): Value {
    return this.#truth.oneHot(this.classes);
  }

  /** Softmax over the classes, [N, C, H, W]. */
  get probabilities(): Value {
    this.#probabilities ??= this.add('Softmax', [this.logits], { axis: 1 });
    return this.#probabilities;
  }

  add<Op extends OperatorName>(
    op: Op,
    inputs: readonly (Value | undefined)[],
    attributes: AttributesInOf<Op>,
  ): Value {
    return this.builder.add(op, inputs, attributes, { name: `loss/${op}` });
  }

  scalar(value: number): Value {
    return this.builder.constant(float32([], [value]), 'loss/constant');
  }

  vector(values: readonly number[]): Value {
    return this.builder.constant(float32([values.length], values), 'loss/constant');
  }

  sum(value: Value, axes?: readonly number[]): Value {
    const all = axes ?? [...value.shape.keys()];
    return this.add('ReduceSum', [value, this.integers(all)], { keepdims: 0 });
  }

  /** [N, H, W] as [N, 1, H, W]. */
  planes(value: Value): Value {
    const [batch = 1, height = 1, width = 1] = value.shape;
    return this.reshape(value, [batch, 1, height, width]);
  }

  reshape(value: Value, shape: Shape): Value {
    if (sameShape(value.shape, shape)) return value;
    return this.add('Reshape', [value, this.integers(shape)], {});
  }

  integers(values: readonly number[]): Value {
    return this.builder.constant(int64(values), 'loss/constant');
  }

  /** a / max(b, least), so that an empty sum divides by something. */
  ratio(a: Value, b: Value, least: number): Value {
    const safe = this.add('Max', [b, this.scalar(least)], {});
    return this.add('Div', [a, safe], {});
  }
}
