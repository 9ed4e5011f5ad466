import { InternalError } from '../../../core/errors.js';
import { float32, int64, type Shape, type Tensor } from '../../../core/tensor.js';
import { GraphBuilder } from '../../../graph/builder.js';
import type { Graph, Node, Value } from '../../../graph/graph.js';
import type { AttributesInOf, OperatorName } from '../../../graph/operators.js';
import { Image, perChannel, perPlane, reshape, type Workshop } from './image.js';

/** Lowers one node, or declines by returning `false`: the node is then kept as it is. */
export type LoweringRule<Op extends OperatorName> = (
  lowering: CpuLowering,
  node: Node<Op>,
) => boolean;

export type LoweringRules = { readonly [Op in OperatorName]?: LoweringRule<Op> };

/** The parts of a softmax: shares are exponentials / sum. */
export interface SoftmaxShares {
  /** exp(logit - largest logit), [C, N H W] */
  readonly exponentials: Value;
  /** Their sum over the classes, [1, N H W] */
  readonly sum: Value;
  /** -log of each pixel's share of its own class, [1, N H W] */
  readonly surplus: Value;
}

/** What a lowered graph is being built from and into. */
export class CpuLowering implements Workshop {
  readonly builder: GraphBuilder;
  readonly block: number;
  readonly #images = new Map<Value, Image>();
  readonly #blockedConsumers: ReadonlySet<Value>;
  readonly #shares = new Map<Value, SoftmaxShares>();
  readonly #shared = new Map<string, Value>();

  constructor(graph: Graph, block: number) {
    this.builder = new GraphBuilder({ foldConstants: true });
    this.block = block;
    this.#blockedConsumers = blockedConsumers(graph);
    for (const input of graph.inputs) {
      const value = this.builder.input(input.name, input.dtype, input.shape);
      this.image(input).define('planes', value);
    }
  }

  /** The forms of a value of the old graph. */
  image(old: Value): Image {
    const known = this.#images.get(old);
    if (known !== undefined) return known;
    const image = new Image(this, old.name, old.shape);
    if (old.constant !== undefined) {
      image.define('planes', this.builder.constant(old.constant, old.name));
    }
    this.#images.set(old, image);
    return image;
  }

  input(node: Node, position: number): Image {
    return this.image(this.value(node.inputs[position], node));
  }

  output(node: Node, position = 0): Image {
    return this.image(this.value(node.outputs[position], node));
  }

  /** Whether a depthwise convolution is going to read a value. */
  wantsBlocked(old: Value | undefined): boolean {
    return old !== undefined && this.#blockedConsumers.has(old);
  }

  /** Keeps what a softmax was formed from, by the value of its log(sum(exp)). */
  keepShares(logSumExp: Value | undefined, shares: SoftmaxShares): void {
    if (logSumExp !== undefined) this.#shares.set(logSumExp, shares);
  }

  sharesOf(logSumExp: Value | undefined): SoftmaxShares | undefined {
    return logSumExp && this.#shares.get(logSumExp);
  }

  value(value: Value | undefined, node: Node): Value {
    if (value !== undefined) return value;
    throw new InternalError(`lowering of ${node.op} "${node.name}"`, 'an input is missing');
  }

  /** Adds a node that is named after the one being lowered. */
  add<Op extends OperatorName>(
    node: Node,
    op: Op,
    inputs: readonly (Value | undefined)[],
    attributes: AttributesInOf<Op>,
  ): Value {
    return this.builder.add(op, inputs, attributes, { name: `${node.name}/${op}` });
  }

  keep(node: Node): void {
    const inputs = node.inputs.map((input) => input && this.image(input).planes);
    const outputs = this.builder.copy(node, inputs);
    outputs.forEach((value, position) => {
      this.output(node, position).define('planes', value);
    });
  }

  /** A constant that several nodes read, made when it is first asked for. */
  shared(name: string, make: () => Tensor): Value {
    const known = this.#shared.get(name);
    if (known !== undefined) return known;
    const constant = this.builder.constant(make(), name);
    this.#shared.set(name, constant);
    return constant;
  }

  scalar(value: number): Value {
    return this.builder.constant(float32([], [value]), 'constant');
  }

  integers(values: readonly number[]): Value {
    return this.builder.constant(int64(values), 'constant');
  }

  reshape(value: Value, shape: Shape): Value {
    return reshape(this.builder, value, shape);
  }

  perPlane(vector: Value, batch: number): Value {
    return perPlane(this, vector, batch);
  }

  perChannel(vector: Value, image: Image, form: 'planes' | 'rows'): Value {
    return perChannel(this, vector, image, form);
  }
}

/** Values whose reader, perhaps past batch norm and activation, is a depthwise convolution. */
function blockedConsumers(graph: Graph): ReadonlySet<Value> {
  const found = new Set<Value>();
  for (const node of graph.nodes.toReversed()) {
    const [input] = node.inputs;
    const [output] = node.outputs;
    if (input === undefined || output === undefined) continue;
    if (isDepthwise(node) || (passing.has(node.op) && found.has(output))) found.add(input);
  }
  return found;
}

const passing: ReadonlySet<OperatorName> = new Set(['BatchNormTraining', 'Clip', 'Relu']);

/** Whether a node is a convolution of one filter a channel. */
export function isDepthwise(node: Node): boolean {
  if (node.op !== 'Conv' || node.inputs.length !== 2) return false;
  const [x, weights] = node.inputs;
  const channels = x?.shape[1] ?? 0;
  return channels > 1 && node.attributes.group === channels && weights?.shape[0] === channels;
}

/** Whether a convolution's attributes and weights are those of a matrix product per pixel. */
export function isPointwise(
  { strides, pads, group }: Node<'Conv'>['attributes'],
  weights: Shape,
): boolean {
  return (
    group === 1 &&
    weights[2] === 1 &&
    weights[3] === 1 &&
    strides.every((stride) => stride === 1) &&
    pads.every((pad) => pad === 0)
  );
}
