import { UnsupportedError } from '../../core/errors.js';
import { formatShape, int64, type Shape, type Tensor, toNumbers } from '../../core/tensor.js';
import {
  constantTensor,
  type TfliteBuiltin,
  type TfliteOperator,
  type TfliteTensor,
} from '../../formats/tflite/index.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { fromNumbers } from '../../graph/constants/strided.js';
import type { Value } from '../../graph/graph.js';
import type { Domain, Layout, Operand, Quantisation } from './operand.js';

/** A value that a converter made for an output, and the form it has. */
export interface Converted {
  readonly value: Value;
  readonly layout: Layout;
}

/** What the converter of one operator sees: the record, its tensors, and the graph being built. */
export class OperatorImport<Op extends TfliteOperator = TfliteOperator> {
  readonly builder: GraphBuilder;
  readonly operator: Op;
  readonly index: number;
  readonly inputs: readonly (Operand | undefined)[];
  readonly outputs: readonly Operand[];
  /** In which numbers the converter works; see `Domain`. */
  readonly domain: Domain;
  readonly #file: string;

  constructor(parts: {
    readonly builder: GraphBuilder;
    readonly operator: Op;
    readonly index: number;
    readonly inputs: readonly (Operand | undefined)[];
    readonly outputs: readonly Operand[];
    readonly domain: Domain;
    readonly file: string;
  }) {
    this.builder = parts.builder;
    this.operator = parts.operator;
    this.index = parts.index;
    this.inputs = parts.inputs;
    this.outputs = parts.outputs;
    this.domain = parts.domain;
    this.#file = parts.file;
  }

  /** File, position and name of the operator, for messages. */
  get place(): string {
    return `${this.#file}, operator ${this.index} (${operatorName(this.operator)})`;
  }

  /** Name for the nodes made: that of the operator's output. */
  get name(): string {
    return this.outputs[0]?.record.name || `${this.operator.name}_${this.index}`;
  }

  has(position: number): boolean {
    return this.inputs[position] !== undefined;
  }

  operand(position: number): Operand {
    return this.inputs[position] ?? this.unsupported(`input ${position} is missing`);
  }

  shape(position: number): Shape {
    return this.operand(position).record.shape;
  }

  rank(position: number): number {
    return this.shape(position).length;
  }

  /** An input with its axes as in the file. */
  plain(position: number): Value {
    return this.operand(position).form(this.domain, 'plain');
  }

  /** An image input as [N, C, H, W]. */
  planar(position: number): Value {
    return this.operand(position).form(this.domain, 'planar');
  }

  /** The first input in the layout that costs least: images planar, all else plain. */
  natural(position = 0): Converted {
    return this.rank(position) === 4
      ? { value: this.planar(position), layout: 'planar' }
      : { value: this.plain(position), layout: 'plain' };
  }

  /** Quantisation of an input, which must have one. */
  quantisation(position: number): Quantisation {
    return (
      this.operand(position).quantisation ?? this.unsupported(`input ${position} has no scale`)
    );
  }

  outputQuantisation(): Quantisation {
    return this.output().quantisation ?? this.unsupported('the output has no scale');
  }

  output(position = 0): Operand {
    return this.outputs[position] ?? this.unsupported(`output ${position} is missing`);
  }

  outputRecord(position = 0): TfliteTensor {
    return this.output(position).record;
  }

  /** The elements of an input that must be constant, such as axes. */
  numbers(position: number): readonly number[] {
    const operand = this.operand(position);
    const known: Tensor | undefined =
      constantTensor(operand.record, this.place) ?? operand.form('real', 'plain').constant;
    if (known === undefined) return this.unsupported(`input ${position} is computed from the data`);
    return toNumbers(known);
  }

  /** A constant int64 vector, as axes and sizes are given in the graph. */
  axes(values: readonly number[], suffix: string): Value {
    return this.builder.constant(int64(values), `${this.name}/${suffix}`);
  }

  /** A scalar of an operand's element type. */
  scalar(like: Value, value: number, suffix: string): Value {
    return this.builder.constant(fromNumbers(like.dtype, [], [value]), `${this.name}/${suffix}`);
  }

  unsupported(problem: string): never {
    const describe = (operand: Operand | undefined): string =>
      operand === undefined
        ? 'none'
        : `${operand.record.dtype}${formatShape(operand.record.shape)}`;
    throw new UnsupportedError({
      place: this.place,
      problem,
      found: `${this.inputs.map(describe).join(' x ')} -> ${this.outputs.map(describe).join(', ')}`,
    });
  }
}

/** The import of one builtin operator, options typed. */
export type ImportOf<Name extends TfliteBuiltin['name']> = OperatorImport<
  Extract<TfliteBuiltin, { readonly name: Name }>
>;

function operatorName(operator: TfliteOperator): string {
  switch (operator.name) {
    case 'CUSTOM':
      return `custom ${operator.customCode}`;
    case 'UNSUPPORTED':
      return operator.builtinName;
    default:
      return operator.name;
  }
}
