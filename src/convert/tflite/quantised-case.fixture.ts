import type { Random } from '../../core/random.js';
import type { Shape } from '../../core/tensor.js';
import type { OperatorName, TfliteQuantization } from '../../formats/tflite/index.js';
import {
  constant,
  fed,
  fileOfCase,
  type OperatorCase,
  runFile,
  type StoredOutput,
  type TriedInput,
} from './one-operator.fixture.js';
import { arrayOf, asTensor, type PlainArray } from './plain-array.fixture.js';
import type { Arithmetic } from './tflite-to-graph.js';

export type Stored = 'uint8' | 'int8';

/** Least and greatest number of an 8-bit type. */
export const storedRange: { readonly [T in Stored]: readonly [number, number] } = {
  uint8: [0, 255],
  int8: [-128, 127],
};

/** An 8-bit input, and the real numbers that it stands for. */
export interface StoredInput {
  readonly input: TriedInput;
  readonly real: PlainArray;
}

function perTensor(random: Random, dtype: Stored): TfliteQuantization {
  const middle = dtype === 'uint8' ? 128 : 0;
  const scale = Math.fround(0.005 + random.uniform() / 50);
  return { scale: [scale], zeroPoint: [middle + random.integer(-40, 40)], axis: 0 };
}

function randomStored(random: Random, shape: Shape, dtype: Stored): PlainArray {
  const [least, greatest] = storedRange[dtype];
  return arrayOf(shape, () => random.integer(least, greatest));
}

/** real = scale (stored - zero point), by slice of the axis where there are several scales. */
export function dequantised(
  stored: PlainArray,
  { scale, zeroPoint, axis }: TfliteQuantization,
): PlainArray {
  let element = 0;
  return arrayOf(stored.shape, (index) => {
    const slice = scale.length === 1 ? 0 : (index[axis] ?? 0);
    return (scale[slice] ?? 1) * ((stored.numbers[element++] ?? 0) - (zeroPoint[slice] ?? 0));
  });
}

/** A random fed 8-bit tensor. */
export function storedInput(random: Random, shape: Shape, dtype: Stored): StoredInput {
  const stored = randomStored(random, shape, dtype);
  const quantization = perTensor(random, dtype);
  return {
    input: { ...fed(stored, dtype), quantization },
    real: dequantised(stored, quantization),
  };
}

/** Random 8-bit weights: signed with a scale per filter, or of one scale for all. */
export function storedWeights(
  random: Random,
  shape: Shape,
  dtype: Stored,
  axis: number | undefined,
): StoredInput {
  const stored = randomStored(random, shape, dtype);
  const filters = axis === undefined ? 1 : (shape[axis] ?? 1);
  const quantization =
    axis === undefined
      ? perTensor(random, dtype)
      : {
          scale: Array.from({ length: filters }, () => Math.fround(0.002 + random.uniform() / 50)),
          zeroPoint: new Array<number>(filters).fill(0),
          axis,
        };
  return {
    input: { ...constant(stored, dtype), quantization },
    real: dequantised(stored, quantization),
  };
}

/** A random int32 bias in steps of input scale times weight scale. */
export function storedBias(
  random: Random,
  size: number,
  x: StoredInput,
  weights: StoredInput,
): StoredInput {
  const [scaleOfInput = 1] = x.input.quantization?.scale ?? [];
  const scale = (weights.input.quantization?.scale ?? []).map((each) =>
    Math.fround(each * scaleOfInput),
  );
  const stored = arrayOf([size], () => random.integer(-3000, 3000));
  const quantization = { scale, zeroPoint: scale.map(() => 0), axis: 0 };
  return {
    input: { ...constant(stored, 'int32'), quantization },
    real: dequantised(stored, quantization),
  };
}

/** A quantisation whose range just holds the numbers, zero among them. */
export function fitting({ numbers }: PlainArray, dtype: Stored): TfliteQuantization {
  const least = Math.min(0, ...numbers);
  const greatest = Math.max(0, ...numbers);
  const scale = Math.fround(Math.max((greatest - least) / 250, 1e-3));
  const [low] = storedRange[dtype];
  return { scale: [scale], zeroPoint: [low + 2 + Math.round(-least / scale)], axis: 0 };
}

/** Numbers rounded to steps of a scale and clamped to the range of the type, as TFLite does. */
export function rounded(
  { shape, numbers }: PlainArray,
  { scale: [scale = 1], zeroPoint: [zeroPoint = 0] }: TfliteQuantization,
  dtype: Stored,
): PlainArray {
  const [least, greatest] = storedRange[dtype];
  const stored = (real: number): number =>
    Math.min(Math.max(Math.round(real / scale) + zeroPoint, least), greatest);
  return { shape, numbers: numbers.map((real) => scale * (stored(real) - zeroPoint)) };
}

/** The case of a quantised operator, from what it computes in real numbers. */
export function quantisedCase<Parts extends object>(
  parts: Parts,
  real: PlainArray,
  dtype: Stored,
  quantization: TfliteQuantization = fitting(real, dtype),
): Parts & Pick<OperatorCase<OperatorName>, 'outputs'> & { readonly stored: StoredOutput } {
  const outputs = [asTensor(rounded(real, quantization, dtype))];
  return { ...parts, outputs, stored: { dtype, quantization } };
}

/** Largest difference of what the imported operator computes from TFLite's, in steps of its scale. */
export async function stepsApart<Name extends OperatorName>(
  name: Name,
  tried: OperatorCase<Name>,
  arithmetic: Arithmetic,
): Promise<number> {
  const feeds = Object.fromEntries(
    tried.inputs.flatMap((input, at) => (input?.fed ? [[`x${at}`, input.tensor] as const] : [])),
  );
  const { y0 } = await runFile(fileOfCase(name, tried), feeds, arithmetic);
  const [expected] = tried.outputs;
  const [scale = 1] = tried.stored?.quantization.scale ?? [];
  if (y0?.dtype !== 'float32' || expected?.dtype !== 'float32') return Number.POSITIVE_INFINITY;
  if (`${y0.shape}` !== `${expected.shape}`) return Number.POSITIVE_INFINITY;
  const apart = y0.data.map((value, at) => Math.abs(value - (expected.data[at] ?? Number.NaN)));
  return Math.max(...apart) / scale;
}
