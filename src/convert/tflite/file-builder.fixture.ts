import type { DType } from '../../core/dtype.js';
import type { Shape } from '../../core/tensor.js';
import type {
  OperatorName,
  OperatorOptions,
  TfliteBuiltin,
  TfliteModel,
  TfliteOperator,
  TfliteQuantization,
  TfliteTensor,
} from '../../formats/tflite/index.js';
import { fileOf, inputRecord, outputRecord, type TriedInput } from './one-operator.fixture.js';

/** Puts a file together tensor by tensor and operator by operator. */
export class FileBuilder {
  readonly #tensors: TfliteTensor[] = [];
  readonly #operators: TfliteOperator[] = [];
  readonly #inputs: number[] = [];

  /** A tensor that the caller feeds, or a constant; gives back its position. */
  given(name: string, input: TriedInput): number {
    const position = this.#tensors.push(inputRecord(name, input)) - 1;
    if (input.fed) this.#inputs.push(position);
    return position;
  }

  /** A tensor that an operator computes. */
  computed(
    name: string,
    shape: Shape,
    dtype: DType = 'float32',
    quantization?: TfliteQuantization,
  ): number {
    return this.#tensors.push(outputRecord(name, shape, dtype, quantization)) - 1;
  }

  add<Name extends OperatorName>(
    name: Name,
    options: OperatorOptions[Name],
    inputs: readonly number[],
    output: number,
  ): number {
    const operator = { name, options, inputs, outputs: [output], version: 1 };
    this.#operators.push(operator as TfliteBuiltin);
    return output;
  }

  /** An operator that is not a described builtin. */
  addOther(operator: TfliteOperator): void {
    this.#operators.push(operator);
  }

  build(...outputs: readonly number[]): TfliteModel {
    return fileOf(this.#tensors, this.#operators, this.#inputs, outputs);
  }
}
