import type { DType } from '../core/dtype.js';
import { GraphError } from '../core/errors.js';
import { formatShape, type Shape, sameShape, type Tensor } from '../core/tensor.js';
import { evaluate } from './constants/evaluate.js';
import type { Graph, GraphOutput, Node, Value } from './graph.js';
import {
  type AttributesInOf,
  type AttributesOf,
  type OperatorName,
  schemaOf,
} from './operators.js';
import { inferShapes, OperatorCall, type ValueType } from './shape-rules/index.js';

/** Where a node's name and the number of its outputs are not the usual ones. */
export interface NodeOptions {
  /** Name of the node and of its first output; made from the operator's name unless given. */
  readonly name?: string | undefined;
  /** Number of outputs, for operators that leave it open; 1 unless given. */
  readonly outputs?: number;
}

/** How a builder treats what it is given. */
export interface BuilderOptions {
  /** Works out nodes whose inputs are all constant instead of adding them. */
  readonly foldConstants?: boolean;
}

/**
 * Builds a graph node by node, checking each one as it is added.
 *
 * An operator's shapes and types are worked out at once, so an error is raised from the line that
 * added the node.
 */
export class GraphBuilder {
  readonly #inputs: Value[] = [];
  readonly #nodes: Node[] = [];
  readonly #producers = new Map<Value, Node>();
  /** Names that are taken, each with the next number to be tried behind it. */
  readonly #names = new Map<string, number>();
  readonly #foldConstants: boolean;

  constructor({ foldConstants = false }: BuilderOptions = {}) {
    this.#foldConstants = foldConstants;
  }

  /** A value that the caller of the graph feeds. */
  input(name: string, dtype: DType, shape: Shape): Value {
    if (this.#names.has(name)) {
      throw new GraphError({ place: `graph input "${name}"`, problem: 'the name is taken' });
    }
    const value: Value = { name: this.#unique(name), dtype, shape };
    this.#inputs.push(value);
    return value;
  }

  /** A value whose elements are known: weights, axes, sizes. */
  constant(tensor: Tensor, name = 'constant'): Value {
    return { name: this.#unique(name), dtype: tensor.dtype, shape: tensor.shape, constant: tensor };
  }

  /**
   * Adds a node and returns its only or first output.
   *
   * @throws GraphError that names the operator, what it expected and what it was given.
   */
  add<Op extends OperatorName>(
    op: Op,
    inputs: readonly (Value | undefined)[],
    attributes: AttributesInOf<Op>,
    options: NodeOptions = {},
  ): Value {
    const [first] = this.addAll(op, inputs, attributes, options);
    if (first === undefined) {
      throw new GraphError({ place: op, problem: 'a node without outputs' });
    }
    return first;
  }

  /** Adds a node and returns all of its outputs. */
  addAll<Op extends OperatorName>(
    op: Op,
    inputs: readonly (Value | undefined)[],
    attributes: AttributesInOf<Op>,
    options: NodeOptions = {},
  ): readonly Value[] {
    const name = this.#unique(options.name ?? op);
    const call = describeCall(op, name, inputs, attributes, options.outputs ?? 1);
    const folded = this.#foldConstants ? evaluate(call) : undefined;
    if (folded !== undefined) {
      return [{ name, dtype: folded.dtype, shape: folded.shape, constant: folded }];
    }
    const outputs = inferShapes(call).map((type, index) => this.#output(name, index, type));
    return this.#append({ op, name, inputs: call.inputs, attributes: call.attributes, outputs });
  }

  /**
   * Adds a node like one of another graph, on other inputs. Where these are of the same types and
   * constants as before, so are its outputs: that spares the shape rules.
   */
  copy(node: Node, inputs: readonly (Value | undefined)[]): readonly Value[] {
    const { op, attributes, outputs } = node;
    if (this.#foldConstants || !sameKinds(node.inputs, inputs)) {
      const options = { name: node.name, outputs: outputs.length };
      return this.addAll(op, inputs, attributes as AttributesInOf<typeof op>, options);
    }
    const name = this.#unique(node.name);
    const copies = outputs.map((output, index) => this.#output(name, index, output));
    return this.#append({ op, name, inputs, attributes, outputs: copies });
  }

  /** The nodes added so far, in their order. */
  get nodes(): readonly Node[] {
    return [...this.#nodes];
  }

  /** The node that makes a value, or `undefined` for inputs and constants. */
  producerOf(value: Value): Node | undefined {
    return this.#producers.get(value);
  }

  /**
   * The finished graph; nodes on which no output depends are left out.
   *
   * @throws GraphError where there are no outputs, or two values share a name.
   */
  build(outputs: readonly GraphOutput[]): Graph {
    const names = new Set(outputs.map(({ name }) => name));
    if (outputs.length === 0 || names.size < outputs.length) {
      throw new GraphError({
        place: 'graph outputs',
        problem: 'a graph needs outputs with names of their own',
        found: outputs.map(({ name }) => name).join(', ') || 'none',
      });
    }
    const inputs = new Map(this.#inputs.map((input) => [input.name, input]));
    for (const { name, value } of outputs) {
      if ((inputs.get(name) ?? value) === value) continue;
      throw new GraphError({ place: `graph output "${name}"`, problem: 'an input has the name' });
    }
    return { inputs: [...this.#inputs], nodes: neededNodes(this.#nodes, outputs), outputs };
  }

  #output(name: string, index: number, { dtype, shape }: ValueType): Value {
    return { name: index === 0 ? name : this.#unique(`${name}:${index}`), dtype, shape };
  }

  #append(node: { readonly [K in keyof Node]: Node[K] }): readonly Value[] {
    const { outputs } = node;
    this.#nodes.push(node as Node);
    for (const output of outputs) this.#producers.set(output, node as Node);
    return outputs;
  }

  /** The name itself where it is free, else the name with a number. */
  #unique(wanted: string): string {
    let number = this.#names.get(wanted);
    let name = wanted;
    if (number !== undefined) {
      do name = `${wanted}_${number++}`;
      while (this.#names.has(name));
      this.#names.set(wanted, number);
    }
    this.#names.set(name, 1);
    return name;
  }
}

/** Whether values are of the same types, and the same where they are constant. */
function sameKinds(
  before: readonly (Value | undefined)[],
  after: readonly (Value | undefined)[],
): boolean {
  if (before.length !== after.length) return false;
  return before.every((old, at) => {
    const value = after[at];
    if (old === undefined || value === undefined) return old === value;
    if (old.dtype !== value.dtype || old.constant !== value.constant) return false;
    return old.shape === value.shape || sameShape(old.shape, value.shape);
  });
}

/** The nodes on which an output depends, in their order. */
function neededNodes(nodes: readonly Node[], outputs: readonly GraphOutput[]): readonly Node[] {
  const needed = new Set<Value | undefined>(outputs.map(({ value }) => value));
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    kept.push(node);
  }
  return kept.reverse();
}

/** Checks the number of inputs and outputs, and fills in the attributes' defaults. */
export function describeCall<Op extends OperatorName>(
  op: Op,
  name: string,
  inputs: readonly (Value | undefined)[],
  attributes: AttributesInOf<Op>,
  outputCount: number,
): OperatorCall<Op> {
  const schema = schemaOf(op);
  const given: Readonly<Record<string, unknown>> = attributes;
  const complete = Object.fromEntries(
    Object.entries(schema.attributes).map(([key, spec]) => [key, given[key] ?? spec.fallback]),
  ) as AttributesOf<Op>;
  const call = new OperatorCall(op, name, trimAbsent(inputs), complete, outputCount);

  const unknown = Object.keys(given).find((key) => schema.attributes[key] === undefined);
  if (unknown !== undefined) {
    call.fail(`no attribute "${unknown}"`, Object.keys(schema.attributes).join(', ') || 'none');
  }
  for (const [key, spec] of Object.entries(schema.attributes)) {
    if (spec.required && given[key] === undefined) call.fail(`attribute "${key}" is missing`);
  }
  requireCount(call, 'inputs', schema.inputs, call.inputs.length);
  requireCount(call, 'outputs', schema.outputs, outputCount);
  return call;
}

function requireCount(
  call: OperatorCall,
  what: string,
  [least, most]: readonly [number, number],
  found: number,
): void {
  if (found >= least && found <= most) return;
  const range = least === most ? `${least}` : `${least} to ${most}`;
  call.fail(`the wrong number of ${what}`, range, `${found}`);
}

/** Optional inputs left out at the end do not count. */
function trimAbsent(inputs: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  return inputs.slice(0, inputs.findLastIndex((input) => input !== undefined) + 1);
}

/** One line for people: `Conv "features/0": [1, 3, 257, 257] -> [1, 16, 129, 129]`. */
export function describeNode(node: Node): string {
  const from = node.inputs.map((input) => (input === undefined ? '-' : formatShape(input.shape)));
  const to = node.outputs.map(({ shape }) => formatShape(shape));
  return `${node.op} "${node.name}": ${from.join(', ')} -> ${to.join(', ')}`;
}
