import { int64, tensor } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';
import type { AttributesInOf, OperatorName } from '../../graph/operators.js';

/** The truth that logits are compared with, for any number of logits. */
export class LossLabels {
  readonly builder: GraphBuilder;
  /** int64 [N, H, W]: the class, or -1 where the pixel does not count. */
  readonly classes: Value;
  /** float32 [N, H, W]: 1 where the pixel counts, else 0. */
  readonly valid: Value;
  #oneHot: Value | undefined;

  /**
   * @param labels uint8 or int64 [N, H, W] as read from the label files.
   * @param ignoreValue the label of pixels that do not count.
   */
  constructor(builder: GraphBuilder, labels: Value, ignoreValue: number) {
    this.builder = builder;
    const numbers = this.#add('Cast', [labels], { to: onnxDtypes.int64 });
    const one = this.#int64(1);
    const ignored = this.#add('Equal', [numbers, this.#int64(ignoreValue)], {});
    const counted = this.#add('Cast', [this.#add('Not', [ignored], {})], { to: onnxDtypes.int64 });
    // (label + 1) x counted - 1: the label, or -1.
    const raised = this.#add('Mul', [this.#add('Add', [numbers, one], {}), counted], {});
    this.classes = this.#add('Sub', [raised, one], {});
    this.valid = this.#add('Cast', [counted], { to: onnxDtypes.float32 });
  }

  /**
   * float32 [N, C, H, W]: 1 for the pixel's class, 0 for all others and for ignored pixels.
   *
   * @param classes number of classes, the same each time.
   */
  oneHot(classes: number): Value {
    if (this.#oneHot === undefined) {
      const numbers = Array.from({ length: classes }, (_, index) => index);
      const indices = { ...int64(numbers), shape: [1, classes, 1, 1] };
      const [batch = 1, height = 1, width = 1] = this.classes.shape;
      const shape = this.builder.constant(int64([batch, 1, height, width]), 'loss/constant');
      const planes = this.#add('Reshape', [this.classes, shape], {});
      const equal = this.#add(
        'Equal',
        [planes, this.builder.constant(indices, 'loss/classes')],
        {},
      );
      this.#oneHot = this.#add('Cast', [equal], { to: onnxDtypes.float32 });
    }
    return this.#oneHot;
  }

  #add<Op extends OperatorName>(
    op: Op,
    inputs: readonly Value[],
    attributes: AttributesInOf<Op>,
  ): Value {
    return this.builder.add(op, inputs, attributes, { name: `loss/${op}` });
  }

  #int64(value: number): Value {
    const number = tensor('int64', [], BigInt64Array.of(BigInt(value)));
    return this.builder.constant(number, 'loss/constant');
  }
}
