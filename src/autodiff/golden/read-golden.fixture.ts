import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { float32, int64, type Tensor } from '../../core/tensor.js';

/** What tools/golden/gradients.py writes of a layer. */
export interface Golden {
  /** Tensors that the loss is differentiated for. */
  readonly trained: Readonly<Record<string, Tensor>>;
  /** Other tensors: labels, factors of a sum. */
  readonly fed: Readonly<Record<string, Tensor>>;
  readonly output: Tensor;
  readonly loss: Tensor;
  readonly gradients: Readonly<Record<string, Tensor>>;
}

interface GoldenTensor {
  readonly shape: string;
  readonly values: string;
}

type GoldenTensors = Readonly<Record<string, GoldenTensor>>;

/** Reads a layer's golden values; the file lies beside the sources, which hold no compiled copy. */
export function readGolden(layer: string): Golden {
  const file = resolve('src/autodiff/golden', `${layer}.json`);
  const record: Readonly<Record<keyof Golden, unknown>> = JSON.parse(readFileSync(file, 'utf8'));
  const tensors = (group: unknown) =>
    Object.fromEntries(
      Object.entries(group as GoldenTensors).map(([name, each]) => [name, tensorOf(name, each)]),
    );
  return {
    trained: tensors(record.trained),
    fed: tensors(record.fed),
    output: tensorOf('output', record.output as GoldenTensor),
    loss: tensorOf('loss', record.loss as GoldenTensor),
    gradients: tensors(record.gradients),
  };
}

function tensorOf(name: string, { shape, values }: GoldenTensor): Tensor {
  const numbers = (text: string) => (text === '' ? [] : text.split(' ').map(Number));
  const sizes = numbers(shape);
  return name === 'labels' ? int64(numbers(values), sizes) : float32(sizes, numbers(values));
}
