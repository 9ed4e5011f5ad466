import { UnsupportedError } from '../../core/errors.js';
import { int64, type Tensor } from '../../core/tensor.js';
import type { OnnxAttributeKind, OnnxAttributeValues, OnnxNode } from '../../formats/onnx/index.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';

/** What importing one node sees: the node, its inputs in the new graph, and the builder. */
export class NodeImport {
  readonly node: OnnxNode;
  readonly index: number;
  readonly opset: number;
  readonly builder: GraphBuilder;
  readonly inputs: readonly (Value | undefined)[];
  readonly #file: string;
  readonly #read = new Set<string>();

  constructor(parts: {
    readonly node: OnnxNode;
    readonly index: number;
    readonly opset: number;
    readonly builder: GraphBuilder;
    readonly inputs: readonly (Value | undefined)[];
    readonly file: string;
  }) {
    this.node = parts.node;
    this.index = parts.index;
    this.opset = parts.opset;
    this.builder = parts.builder;
    this.inputs = parts.inputs;
    this.#file = parts.file;
  }

  /** File, position and name of the node, for messages. */
  get place(): string {
    return `${this.#file}, node ${this.index} (${this.node.opType} "${this.name}")`;
  }

  /** Names of the attributes that the importer has not asked for. */
  get unread(): readonly string[] {
    return [...this.node.attributes.keys()].filter((name) => !this.#read.has(name));
  }

  /** Name for the nodes made of this one. */
  get name(): string {
    return this.node.name || this.node.outputs[0] || this.node.opType;
  }

  input(position: number): Value {
    return this.inputs[position] ?? this.unsupported(`input ${position} is missing`);
  }

  /** An attribute of the expected kind, or `undefined` where the node has none of the name. */
  attribute<Kind extends OnnxAttributeKind>(
    name: string,
    kind: Kind,
  ): OnnxAttributeValues[Kind] | undefined {
    this.#read.add(name);
    const found = this.node.attributes.get(name);
    if (found === undefined) return undefined;
    if (found.kind !== kind) {
      return this.unsupported(`attribute ${name} is of kind ${found.kind}, not ${kind}`);
    }
    return found.value as OnnxAttributeValues[Kind];
  }

  int(name: string, fallback: number): number {
    const value = this.attribute(name, 'int');
    return value === undefined ? fallback : Number(value);
  }

  ints(name: string): readonly number[] | undefined {
    const values = this.attribute(name, 'ints');
    return values === undefined ? undefined : Array.from(values, Number);
  }

  constant(tensor: Tensor, suffix: string): Value {
    return this.builder.constant(tensor, `${this.name}/${suffix}`);
  }

  /** A list attribute of older versions as the input that newer ones have instead. */
  listInput(position: number, attribute: string): Value | undefined {
    const values = this.ints(attribute);
    return values === undefined ? this.inputs[position] : this.constant(int64(values), attribute);
  }

  unsupported(problem: string): never {
    throw new UnsupportedError({ place: this.place, problem });
  }
}
