import type { DType } from '../../core/dtype.js';
import { FormatError, UnsupportedError } from '../../core/errors.js';
import { formatShape, type Tensor, tensor } from '../../core/tensor.js';
import { constantTensor, type TfliteTensor } from '../../formats/tflite/index.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';

/**
 * Order of a tensor's axes: `plain` as in the file (images are [N, H, W, C]); `planar` with the
 * channels of a rank-4 tensor before the image, [N, C, H, W], as ONNX wants.
 */
export type Layout = 'plain' | 'planar';

/** `stored` are the 8-bit numbers of a quantised tensor, `real` the numbers they stand for. */
export type Domain = 'stored' | 'real';

/** Quantisation as the graph holds it: always unsigned, see `Operand`. */
export interface Quantisation {
  readonly scale: Value;
  readonly zeroPoint: Value;
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

const toPlanar = [0, 3, 1, 2];
const toPlain = [0, 2, 3, 1];

/** Position in a planar tensor of an axis of a plain one. */
export function planarAxis(axis: number): number {
  const position = toPlanar.indexOf(axis);
  // An axis that does not exist stays one, for the operator's rule to refuse.
  return position < 0 ? axis : position;
}

/**
 * A tensor of the file in the graph, in whichever form an operator asks for.
 *
 * The forms (stored or real numbers, plain or planar axes) are derived from each other when first
 * asked for, so conversions appear in the graph only where they are needed. Signed 8-bit tensors
 * are held as unsigned ones, number and zero point raised by 128: the real values are the same,
 * and unsigned products do not saturate on processors without VNNI.
 */
export class Operand {
  readonly record: TfliteTensor;
  readonly quantisation: Quantisation | undefined;
  readonly #builder: GraphBuilder;
  readonly #place: string;
  readonly #forms = new Map<string, Value>();

  constructor(builder: GraphBuilder, record: TfliteTensor, place: string) {
    this.#builder = builder;
    this.#place = place;
    this.record = record;
    this.quantisation = describeQuantisation(builder, record, place);
  }

  /** Takes a computed value as this tensor's. */
  define(value: Value, domain: Domain, layout: Layout): void {
    this.#forms.set(key(this.quantisation === undefined ? 'real' : domain, layout), value);
  }

  /** This tensor's value in the form told. */
  form(domain: Domain, layout: Layout): Value {
    if (layout === 'planar' && this.record.shape.length !== 4) {
      throw new FormatError({
        place: `${this.#place}, tensor '${this.record.name}'`,
        problem: 'is no image',
        expected: '4 axes',
        found: formatShape(this.record.shape),
      });
    }
    const wanted = this.quantisation === undefined ? 'real' : domain;
    const known = this.#forms.get(key(wanted, layout));
    if (known !== undefined) return known;
    const value = this.#derive(wanted, layout);
    this.#forms.set(key(wanted, layout), value);
    return value;
  }

  #derive(domain: Domain, layout: Layout): Value {
    const other: Layout = layout === 'plain' ? 'planar' : 'plain';
    const transposed = this.#forms.get(key(domain, other));
    if (transposed !== undefined) {
      const perm = layout === 'planar' ? toPlanar : toPlain;
      return this.#builder.add('Transpose', [transposed], { perm }, this.#named(layout));
    }
    const quantisation = this.quantisation;
    if (quantisation !== undefined) {
      const inverse = this.#known(domain === 'real' ? 'stored' : 'real', layout);
      if (inverse !== undefined) return this.#convert(inverse, domain, quantisation);
    }
    return this.#constant(domain, layout);
  }

  /** The other domain's form in any layout, brought to the one told. */
  #known(domain: Domain, layout: Layout): Value | undefined {
    const exists = ['plain', 'planar'].some((each) => this.#forms.has(`${domain} ${each}`));
    return exists ? this.form(domain, layout) : undefined;
  }

  #convert(value: Value, domain: Domain, { scale, zeroPoint }: Quantisation): Value {
    const op = domain === 'real' ? 'DequantizeLinear' : 'QuantizeLinear';
    return this.#builder.add(op, [value, scale, zeroPoint], {}, this.#named(domain));
  }

  #constant(domain: Domain, layout: Layout): Value {
    const found = constantTensor(this.record, this.#place);
    if (found === undefined) {
      throw new FormatError({
        place: `${this.#place}, tensor '${this.record.name}'`,
        problem: 'is used before it is computed',
      });
    }
    const stored = this.#builder.constant(unsigned(found), this.record.name);
    const real = this.#realOf(stored);
    this.#forms.set(key(this.quantisation === undefined ? 'real' : 'stored', 'plain'), stored);
    this.#forms.set(key('real', 'plain'), real);
    return this.form(domain, layout);
  }

  #realOf(stored: Value): Value {
    if (this.quantisation !== undefined) {
      const { scale, zeroPoint, axis } = this.quantisation;
      const inputs = [stored, scale, zeroPoint];
      return this.#builder.add('DequantizeLinear', inputs, { axis }, this.#named('real'));
    }
    if (stored.dtype !== 'float16') return stored;
    return this.#builder.add('Cast', [stored], { to: 1 }, this.#named('float32'));
  }

  #named(suffix: string): { name: string } {
    return { name: `${this.record.name}/${suffix}` };
  }
}

/** Quantisations are equal where the same stored number means the same real one. */
export function sameQuantisation(
  a: Quantisation | undefined,
  b: Quantisation | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.scales.length === b.scales.length &&
    a.scales.every((scale, index) => scale === b.scales[index]) &&
    a.zeroPoints.every((zeroPoint, index) => zeroPoint === b.zeroPoints[index])
  );
}

function describeQuantisation(
  builder: GraphBuilder,
  { name, dtype, quantization }: TfliteTensor,
  place: string,
): Quantisation | undefined {
  if (quantization === undefined || quantization.scale.length === 0) return undefined;
  if (!isQuantised(dtype)) {
    throw new UnsupportedError({
      place: `${place}, tensor '${name}'`,
      problem: 'this kind of quantisation is not computed',
      expected: '8-bit tensors and int32 biases',
      found: dtype,
    });
  }
  const { scale: scales, axis } = quantization;
  const offset = dtype === 'int8' ? 128 : 0;
  const zeroPoints = quantization.zeroPoint.map((point) => point + offset);
  const shape = scales.length === 1 ? [] : [scales.length];
  const zeroPointArray = dtype === 'int32' ? Int32Array : Uint8Array;
  return {
    scale: builder.constant(tensor('float32', shape, Float32Array.from(scales)), `${name}/scale`),
    zeroPoint: builder.constant(
      {
        dtype: dtype === 'int32' ? 'int32' : 'uint8',
        shape,
        data: zeroPointArray.from(zeroPoints),
      } as Tensor,
      `${name}/zero_point`,
    ),
    scales,
    zeroPoints,
    axis,
  };
}

function isQuantised(dtype: TfliteTensor['dtype']): dtype is DType {
  return dtype === 'uint8' || dtype === 'int8' || dtype === 'int32';
}

function unsigned(constant: Tensor): Tensor {
  if (constant.dtype !== 'int8') return constant;
  return tensor(
    'uint8',
    constant.shape,
    Uint8Array.from(constant.data, (stored) => stored + 128),
  );
}

function key(domain: Domain, layout: Layout): string {
  return `${domain} ${layout}`;
}
