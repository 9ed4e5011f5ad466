import { float32, int64, type Shape, sameShape, tensor } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';
import type { AttributesInOf, OperatorName } from '../../graph/operators.js';

/** What a loss sees: logits and labels at the same size, and ways to add nodes. */
export class LossInputs {
  readonly builder: GraphBuilder;
  /** float32 [N, C, H, W] */
  readonly logits: Value;
  /** int64 [N, H, W]: the class, or -1 where the pixel does not count. */
  readonly labels: Value;
  /** float32 [N, H, W]: 1 where the pixel counts, else 0. */
  readonly valid: Value;
  #oneHot: Value | undefined;
  #probabilities: Value | undefined;

  /**
   * @param labels uint8 or int64 [N, H, W] as read from the label files.
   * @param ignoreValue the label of pixels that do not count.
   */
  constructor(builder: GraphBuilder, logits: Value, labels: Value, ignoreValue: number) {
    this.builder = builder;
    this.logits = logits;
    const numbers = this.add('Cast', [labels], { to: onnxDtypes.int64 });
    const one = this.#int64(1);
    const ignored = this.add('Equal', [numbers, this.#int64(ignoreValue)], {});
    const counted = this.add('Cast', [this.add('Not', [ignored], {})], { to: onnxDtypes.int64 });
    // (label + 1) x counted - 1: the label, or -1.
    const raised = this.add('Mul', [this.add('Add', [numbers, one], {}), counted], {});
    this.labels = this.add('Sub', [raised, one], {});
    this.valid = this.add('Cast', [counted], { to: onnxDtypes.float32 });
  }

  get classes(): number {
    return this.logits.shape[1] ?? 1;
  }

  get pixels(): number {
    return this.labels.shape.reduce((product, size) => product * size, 1);
  }

  /** float32 [N, C, H, W]: 1 for the pixel's class, 0 for all others and for ignored pixels. */
  get oneHot(): Value {
    if (this.#oneHot === undefined) {
      const numbers = Array.from({ length: this.classes }, (_, index) => index);
      const indices = { ...int64(numbers), shape: [1, this.classes, 1, 1] };
      const classes = this.builder.constant(indices, 'loss/classes');
      const equal = this.add('Equal', [this.planes(this.labels), classes], {});
      this.#oneHot = this.add('Cast', [equal], { to: onnxDtypes.float32 });
    }
    return this.#oneHot;
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

  #int64(value: number): Value {
    const number = tensor('int64', [], BigInt64Array.of(BigInt(value)));
    return this.builder.constant(number, 'loss/constant');
  }
}
