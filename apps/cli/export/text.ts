import { formatShape } from '../../../src/core/tensor.js';
import { alignRows, formatBytes, formatCount } from '../table.js';
import type { TensorDescription } from './comparison.js';
import type { ExportResult } from './run.js';

/** An export as lines for people. */
export function exportText(result: ExportResult): readonly string[] {
  const weights = result.float16 ? 'float16, widened when opened' : 'as in the model';
  return [
    `${result.output}: ${result.format}, ${formatBytes(result.bytes)}`,
    ...alignRows([
      ...result.inputs.map((each) => ['  input', tensorText(each)] as const),
      ...result.outputs.map((each) => ['  output', tensorText(each)] as const),
      ['  pixels', pixelText(result)],
      ['  classes', `${result.labels.length}`],
      ['  parameters', formatCount(result.parameters)],
      ['  multiply-adds', formatCount(result.multiplyAdds)],
      ['  weights', weights],
      ['  compared', comparisonText(result)],
    ]),
  ];
}

function pixelText({ inputs, normalisation: { mean, std } }: ExportResult): string {
  if (inputs[0]?.dtype === 'uint8') return 'x as it is, 0 to 255';
  if (inputs[0]?.dtype === 'int8') return 'x - 128';
  return `(x - ${perChannel(mean)}) / ${perChannel(std)}`;
}

function comparisonText({ comparedAs, largestDifference, range }: ExportResult): string {
  if (comparedAs === 'class indices') {
    return `${(100 * largestDifference).toFixed(3)} % of random pixels get another class than from the model`;
  }
  if (largestDifference === 0) return "the same scores as the model's on random pixels";
  const [least, greatest] = range.map((value) => value.toPrecision(3));
  const largest = largestDifference.toPrecision(2);
  return `scores differ from the model's by at most ${largest} on random pixels (they are from ${least} to ${greatest})`;
}

function tensorText({ name, dtype, shape }: TensorDescription): string {
  return `${name} ${dtype} ${formatShape(shape)}`;
}

/** One number where the channels agree, else three. */
function perChannel(values: readonly number[]): string {
  return new Set(values).size === 1 ? `${values[0]}` : `[${values.join(', ')}]`;
}
