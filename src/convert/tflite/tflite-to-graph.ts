import { type DType, elementArrays } from '../../core/dtype.js';
import { FormatError, GraphError, UnsupportedError } from '../../core/errors.js';
import type {
  OperatorName,
  TfliteBuiltin,
  TfliteModel,
  TfliteOperator,
  TfliteSubgraph,
  TfliteTensor,
} from '../../formats/tflite/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph, Value } from '../../graph/graph.js';
import { type Domain, Operand, sameQuantisation } from './operand.js';
import { type Converted, type ImportOf, OperatorImport } from './operator-import.js';
import type { Convert, ConverterOn } from './operators/converter.js';
import { atrousAttributes, convolveReal, convolveStored } from './operators/convolution.js';
import { converters } from './operators/index.js';
import { type AtrousBlock, findAtrousBlocks } from './space-to-batch.js';

/**
 * How the 8-bit parts of a file are computed: `integer` on 8-bit numbers with 32-bit sums, as the
 * file means it; `real` with weights and activations widened to float32.
 */
export type Arithmetic = 'integer' | 'real';

/**
 * The graph of a TFLite file's first subgraph.
 *
 * Inputs keep name, type and axis order of the file ([N, H, W, C]); outputs too, but those that are
 * quantised come out as real numbers. Images are [N, C, H, W] inside.
 *
 * @throws UnsupportedError for an operator that is not computed here, naming it, its position and
 *   its tensors' shapes; FormatError where the file contradicts itself.
 */
export function tfliteToGraph(
  model: TfliteModel,
  place: string,
  arithmetic: Arithmetic = 'integer',
): Graph {
  const [subgraph] = model.subgraphs;
  if (subgraph === undefined) throw new FormatError({ place, problem: 'no subgraph' });
  return explained(place, 'the file', () => new SubgraphImport(subgraph, place, arithmetic).run());
}

/** Adds the place in the file to errors from inside the graph. */
function explained<T>(place: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new FormatError({
      place,
      problem: `${what} contradicts itself`,
      found: error.message,
      cause: error,
    });
  }
}

class SubgraphImport {
  readonly #builder = new GraphBuilder({ foldConstants: true });
  readonly #subgraph: TfliteSubgraph;
  readonly #place: string;
  readonly #arithmetic: Arithmetic;
  readonly #operands: readonly Operand[];

  constructor(subgraph: TfliteSubgraph, place: string, arithmetic: Arithmetic) {
    this.#subgraph = subgraph;
    this.#place = place;
    this.#arithmetic = arithmetic;
    this.#operands = subgraph.tensors.map((record) => new Operand(this.#builder, record, place));
  }

  run(): Graph {
    const { inputs, outputs, operators } = this.#subgraph;
    for (const index of inputs) this.#feed(this.#operand(index));
    const blocks = findAtrousBlocks(this.#subgraph, this.#place);
    const atrous = new Map([...blocks.values()].map((block) => [block.convolution, block]));
    const merged = new Set([...blocks].flatMap(([first, { last }]) => [first, last]));
    operators.forEach((operator, index) => {
      if (!merged.has(index)) this.#import(operator, index, atrous.get(index));
    });
    return this.#builder.build(
      outputs.map((index, position) => {
        const operand = this.#operand(index);
        const name = operand.record.name || `output_${position}`;
        return { name, value: operand.form('real', 'plain') };
      }),
    );
  }

  #operand(index: number): Operand {
    const operand = this.#operands[index];
    if (operand === undefined) {
      throw new FormatError({ place: this.#place, problem: `there is no tensor ${index}` });
    }
    return operand;
  }

  #feed(operand: Operand): void {
    const { record, quantisation } = operand;
    const { name, shape } = record;
    const dtype = heldType(record, this.#place);
    const value = this.#builder.input(name, dtype, shape);
    // Signed numbers are held unsigned inside, so a signed input enters by its real values.
    if (dtype === 'int8' && quantisation !== undefined) {
      operand.define(this.#realOfSigned(value, record), 'real', 'plain');
    } else {
      operand.define(value, quantisation === undefined ? 'real' : 'stored', 'plain');
    }
  }

  #realOfSigned(value: Value, { name, quantization }: TfliteTensor): Value {
    const [scale = 1] = quantization?.scale ?? [];
    const [zeroPoint = 0] = quantization?.zeroPoint ?? [];
    const inputs = [
      value,
      this.#builder.constant(
        { dtype: 'float32', shape: [], data: Float32Array.of(scale) },
        `${name}/scale`,
      ),
      this.#builder.constant(
        { dtype: 'int8', shape: [], data: Int8Array.of(zeroPoint) },
        `${name}/zero_point`,
      ),
    ];
    return this.#builder.add('DequantizeLinear', inputs, {}, { name: `${name}/real` });
  }

  #import(operator: TfliteOperator, index: number, block: AtrousBlock | undefined): void {
    const last = block && this.#subgraph.operators[block.last];
    const inputs = operator.inputs.map((tensor, position) =>
      tensor < 0
        ? undefined
        : this.#operand(block !== undefined && position === 0 ? block.input : tensor),
    );
    const outputs = (last ?? operator).outputs.map((tensor) => this.#operand(tensor));
    const scope = <Op extends TfliteOperator>(own: Op, domain: Domain): OperatorImport<Op> =>
      new OperatorImport({
        builder: this.#builder,
        operator: own,
        index,
        inputs,
        outputs,
        domain,
        file: this.#place,
      });
    const define = (converted: readonly Converted[], domain: Domain): void => {
      converted.forEach(({ value, layout }, position) => {
        outputs[position]?.define(value, domain, layout);
      });
    };
    explained(scope(operator, 'real').place, 'the operator', () => {
      if (operator.name === 'CUSTOM' || operator.name === 'UNSUPPORTED') {
        return scope(operator, 'real').unsupported('the operator is not computed here');
      }
      if (block !== undefined && isConvolution(operator)) {
        const domain = this.#eightBit(inputs, outputs) ? 'stored' : 'real';
        const own = scope(operator, domain);
        const convolve = domain === 'stored' ? convolveStored : convolveReal;
        const value = convolve(own, own.planar(0), atrousAttributes(own, block));
        define([{ value, layout: 'planar' }], domain);
        return;
      }
      const { convert, domain } = this.#choose(operator.name, inputs, outputs);
      define(convert(scope(operator, domain)), domain);
    });
  }

  /** The converter of an operator in the domain that suits its tensors. */
  #choose<Name extends OperatorName>(
    name: Name,
    inputs: readonly (Operand | undefined)[],
    outputs: readonly Operand[],
  ): { convert: Convert<ImportOf<Name>>; domain: Domain } {
    const converter: ConverterOn<ImportOf<Name>> = converters[name];
    if (converter.kind === 'moves') {
      const domain = this.#movesStored(inputs, outputs) ? 'stored' : 'real';
      return { convert: converter.either, domain };
    }
    if (converter.stored !== undefined && this.#eightBit(inputs, outputs)) {
      return { convert: converter.stored, domain: 'stored' };
    }
    return { convert: converter.real, domain: 'real' };
  }

  /** Whether every number that takes part is an 8-bit one. */
  #eightBit(inputs: readonly (Operand | undefined)[], outputs: readonly Operand[]): boolean {
    if (this.#arithmetic === 'real') return false;
    const data = inputs.filter((operand) => operand !== undefined && !isIndex(operand.record));
    return [...data, ...outputs].every((operand) => operand?.quantisation !== undefined);
  }

  /** Whether numbers can be moved as they are stored: what they stand for does not change. */
  #movesStored(inputs: readonly (Operand | undefined)[], outputs: readonly Operand[]): boolean {
    if (this.#arithmetic === 'real') return false;
    const quantised = inputs.flatMap((operand) => operand?.quantisation ?? []);
    const [first] = quantised;
    const results = outputs
      .filter(({ record }) => !isIndex(record))
      .map((operand) => operand.quantisation);
    return (
      first !== undefined &&
      [...quantised, ...results].every((each) => sameQuantisation(first, each))
    );
  }
}

function isConvolution(
  operator: TfliteBuiltin,
): operator is Extract<TfliteBuiltin, { name: 'CONV_2D' | 'DEPTHWISE_CONV_2D' }> {
  return operator.name === 'CONV_2D' || operator.name === 'DEPTHWISE_CONV_2D';
}

/** Axes, sizes, positions and labels are never quantised. */
function isIndex({ dtype, quantization }: TfliteTensor): boolean {
  const whole = dtype === 'int32' || dtype === 'int64' || dtype === 'bool';
  return whole && (quantization === undefined || quantization.scale.length === 0);
}

function heldType({ name, dtype }: TfliteTensor, place: string): DType {
  if (!Object.hasOwn(elementArrays, dtype)) {
    throw new UnsupportedError({ place: `${place}, tensor '${name}'`, problem: `type ${dtype}` });
  }
  return dtype as DType;
}
