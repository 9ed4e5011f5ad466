import { GraphError, InternalError } from '../core/errors.js';
import { float32, int64, type Shape, sameShape, type Tensor, tensor } from '../core/tensor.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Node, Value } from '../graph/graph.js';
import type { AttributesInOf, AttributesOf, OperatorName } from '../graph/operators.js';
import { OperatorCall } from '../graph/shape-rules/index.js';

/**
 * What a gradient rule sees: one node of the forward graph and the gradients that have reached its
 * outputs. Its methods add nodes to the graph.
 */
export class GradientCall<Op extends OperatorName = OperatorName> {
  readonly builder: GraphBuilder;
  readonly node: Node<Op>;
  /** Of the loss to each output; `undefined` where the loss does not depend on it. */
  readonly gradients: readonly (Value | undefined)[];
  readonly #wanted: readonly boolean[];

  constructor(parts: {
    readonly builder: GraphBuilder;
    readonly node: Node<Op>;
    readonly gradients: readonly (Value | undefined)[];
    readonly wanted: readonly boolean[];
  }) {
    this.builder = parts.builder;
    this.node = parts.node;
    this.gradients = parts.gradients;
    this.#wanted = parts.wanted;
  }

  /** The gradient to the first output. */
  get gradient(): Value {
    return this.gradients[0] ?? this.#missing('gradient', 0);
  }

  /** Whether a trained parameter depends on an input, so that its gradient is of use. */
  wants(position: number): boolean {
    return this.#wanted[position] ?? false;
  }

  has(position: number): boolean {
    return this.node.inputs[position] !== undefined;
  }

  input(position: number): Value {
    return this.node.inputs[position] ?? this.#missing('input', position);
  }

  output(position = 0): Value {
    return this.node.outputs[position] ?? this.#missing('output', position);
  }

  /** The node as the shape rules see it, for what they read out of its inputs. */
  get described(): OperatorCall<Op> {
    const { op, name, inputs, attributes, outputs } = this.node;
    return new OperatorCall(op as Op, name, inputs, attributes as AttributesOf<Op>, outputs.length);
  }

  /** Adds a node that is named after the one whose gradient it helps to form. */
  add<New extends OperatorName>(
    op: New,
    inputs: readonly (Value | undefined)[],
    attributes: AttributesInOf<New>,
  ): Value {
    return this.builder.add(op, inputs, attributes, { name: `${this.node.name}/gradient` });
  }

  constant(value: Tensor): Value {
    return this.builder.constant(value, `${this.node.name}/constant`);
  }

  /** A number of the gradients' type. */
  scalar(value: number): Value {
    return this.numbers([], [value]);
  }

  /** Numbers of the gradients' type. */
  numbers(shape: Shape, values: ArrayLike<number>): Value {
    const dtype = this.gradients.find((gradient) => gradient !== undefined)?.dtype;
    switch (dtype) {
      case 'float32':
        return this.constant(float32(shape, values));
      case 'float64':
        return this.constant(tensor('float64', shape, Float64Array.from(values)));
      default:
        throw new GraphError({
          place: `gradient of ${this.node.op} "${this.node.name}"`,
          problem: 'gradients are not formed in this element type',
          expected: 'float32 or float64',
          found: `${dtype}`,
          fix: 'cast to float32 before this operator',
        });
    }
  }

  integers(values: readonly number[]): Value {
    return this.constant(int64(values));
  }

  zeros(shape: Shape): Value {
    return this.add('Expand', [this.scalar(0), this.integers(shape)], {});
  }

  plus(a: Value, b: Value): Value {
    return this.add('Add', [a, b], {});
  }

  minus(a: Value, b: Value): Value {
    return this.add('Sub', [a, b], {});
  }

  times(a: Value, b: Value): Value {
    return this.add('Mul', [a, b], {});
  }

  negative(value: Value): Value {
    return this.add('Neg', [value], {});
  }

  reshape(value: Value, shape: Shape): Value {
    if (sameShape(value.shape, shape)) return value;
    return this.add('Reshape', [value, this.integers(shape)], {});
  }

  /** Repeats a value along its axes of size 1, to this shape. */
  expand(value: Value, shape: Shape): Value {
    if (sameShape(value.shape, shape)) return value;
    return this.add('Expand', [value, this.integers(shape)], {});
  }

  sum(value: Value, axes: readonly number[], keepdims: 0 | 1): Value {
    if (axes.length === 0) return value;
    return this.add('ReduceSum', [value, this.integers(axes)], { keepdims });
  }

  /** Undoes broadcasting: sums over the axes along which an operand of this shape was stretched. */
  sumTo(value: Value, shape: Shape): Value {
    const added = value.shape.length - shape.length;
    const stretched = [...value.shape.keys()].filter(
      (axis) => axis < added || (shape[axis - added] === 1 && value.shape[axis] !== 1),
    );
    return this.reshape(this.sum(value, stretched, 1), shape);
  }

  #missing(what: string, position: number): never {
    throw new InternalError(
      `gradient of ${this.node.op} "${this.node.name}"`,
      `${what} ${position} is missing`,
    );
  }
}

/**
 * Adds the nodes of one gradient: from those to a node's outputs, those to its inputs.
 *
 * An entry may be left `undefined` where the input is not wanted or has no gradient (an axis, say).
 */
export type GradientRule<Op extends OperatorName> = (
  call: GradientCall<Op>,
) => readonly (Value | undefined)[];

/** An operator with a rule. */
export interface Differentiable<Op extends OperatorName> {
  readonly kind: 'differentiable';
  readonly rule: GradientRule<Op>;
}

/** Its output is constant almost everywhere, so gradients end here: comparisons, rounding. */
export interface Flat {
  readonly kind: 'flat';
}

/** It has a gradient that is not formed here; a loss that depends on it is refused. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: string;
}

/** How an operator is treated in the reverse walk. */
export type GradientEntry<Op extends OperatorName> = Differentiable<Op> | Flat | Refused;

/** Entries for some of the operators. */
export type GradientEntries<Op extends OperatorName> = { readonly [K in Op]: GradientEntry<K> };

export function differentiable<Op extends OperatorName>(
  rule: GradientRule<Op>,
): Differentiable<Op> {
  return { kind: 'differentiable', rule };
}

export const flat: Flat = { kind: 'flat' };

export function refused(reason: string): Refused {
  return { kind: 'refused', reason };
}
