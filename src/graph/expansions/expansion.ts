import { GraphError } from '../../core/errors.js';
import { float32, int64, type Shape, sameShape } from '../../core/tensor.js';
import type { GraphBuilder } from '../builder.js';
import type { Node, Value } from '../graph.js';
import type { AttributesInOf, CompositeName, OperatorName } from '../operators.js';

/** What is seen of a composite node that is to be replaced by plain ones. */
export class Expansion<Op extends CompositeName = CompositeName> {
  readonly builder: GraphBuilder;
  readonly node: Node<Op>;
  readonly #inputs: readonly (Value | undefined)[];

  constructor(builder: GraphBuilder, node: Node<Op>, inputs: readonly (Value | undefined)[]) {
    this.builder = builder;
    this.node = node;
    this.#inputs = inputs;
  }

  input(position: number): Value {
    const value = this.#inputs[position];
    if (value !== undefined) return value;
    throw new GraphError({
      place: `${this.node.op} "${this.node.name}"`,
      problem: `input ${position} is missing`,
    });
  }

  /** Adds a node named after the composite one. */
  add<New extends OperatorName>(
    op: New,
    inputs: readonly (Value | undefined)[],
    attributes: AttributesInOf<New>,
  ): Value {
    return this.builder.add(op, inputs, attributes, { name: `${this.node.name}/${op}` });
  }

  scalar(value: number): Value {
    return this.builder.constant(float32([], [value]), `${this.node.name}/constant`);
  }

  integers(values: readonly number[]): Value {
    return this.builder.constant(int64(values), `${this.node.name}/constant`);
  }

  reshape(value: Value, shape: Shape): Value {
    if (sameShape(value.shape, shape)) return value;
    return this.add('Reshape', [value, this.integers(shape)], {});
  }

  /** A value per channel, made to broadcast over [N, C, H, W]. */
  perChannel(value: Value): Value {
    return this.reshape(value, [value.shape[0] ?? 1, 1, 1]);
  }

  /** Sum over batch and image, one number per channel. */
  channelSums(value: Value): Value {
    return this.add('ReduceSum', [value, this.integers([0, 2, 3])], { keepdims: 0 });
  }

  /** Mean over batch and image, one number per channel. */
  channelMeans(value: Value): Value {
    return this.add('ReduceMean', [value], { axes: [0, 2, 3], keepdims: 0 });
  }

  /** Elements per channel of a [N, C, H, W] value. */
  perChannelCount({ shape }: Value): number {
    const [batch = 1, , height = 1, width = 1] = shape;
    return batch * height * width;
  }
}

/** Replaces a composite node: returns the values that stand for its outputs. */
export type ExpansionRule<Op extends CompositeName> = (
  expansion: Expansion<Op>,
) => readonly Value[];
