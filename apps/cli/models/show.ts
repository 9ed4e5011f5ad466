import { formatShape, type Shape } from '../../../src/core/tensor.js';
import type { Size } from '../../../src/image/index.js';
import { Segmenter } from '../../../src/segment/node/segmenter.js';
import { labelSourceText } from '../segment/report.js';
import { alignRows, counted, formatBytes, formatCount } from '../table.js';

export interface ShowOptions {
  readonly size?: Size;
  readonly outputStride?: number;
}

interface TensorDescription {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
}

/** What `atrous models show --json` prints. */
export interface ModelDescription {
  readonly file: string;
  readonly format: string;
  readonly bytes: number;
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  readonly inputSize: Size;
  /** Whether the file leaves the input size open. */
  readonly sizeIsOpen: boolean;
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly labels: readonly string[];
  readonly labelSource: string;
  /** What the network gives before resize and argmax. */
  readonly scores: { readonly kind: string; readonly width: number; readonly height: number };
  readonly parameters: number;
  readonly multiplyAdds: number;
  readonly operators: Readonly<Record<string, number>>;
}

/** Describes a model file. @throws AtrousError where it is no segmentation model. */
export async function describeModel(
  file: string,
  { size, outputStride }: ShowOptions,
): Promise<ModelDescription> {
  const segmenter = await Segmenter.load(file, {
    ...(size === undefined ? {} : { size }),
    ...(outputStride === undefined ? {} : { outputStride }),
  });
  try {
    const { file: model, classes, normalisation, inputSize } = segmenter;
    const graph = model.graph(inputSize);
    const { output, cost } = segmenter.describe();
    return {
      file,
      format: model.format,
      bytes: model.bytes,
      inputs: graph.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      outputs: graph.outputs.map(({ name, value: { dtype, shape } }) => ({ name, dtype, shape })),
      inputSize,
      sizeIsOpen: model.fixedSize === undefined,
      normalisation,
      labels: classes.labels,
      labelSource: classes.source,
      scores: {
        kind: output.kind === 'scores' ? output.meaning : 'labels',
        width: output.width,
        height: output.height,
      },
      parameters: cost.parameters,
      multiplyAdds: cost.multiplyAdds,
      operators: Object.fromEntries(cost.operators),
    };
  } finally {
    await segmenter.dispose();
  }
}

const formats: Readonly<Record<string, string>> = {
  tflite: 'TensorFlow Lite',
  onnx: 'ONNX',
  checkpoint: 'checkpoint (safetensors)',
};

/** A description as lines for people. */
export function modelText(model: ModelDescription): readonly string[] {
  const { inputSize, labels, scores } = model;
  const size = `${inputSize.width}x${inputSize.height}${model.sizeIsOpen ? ' (left open)' : ''}`;
  const facts: readonly (readonly [string, string])[] = [
    ['file', model.file],
    ['format', `${formats[model.format] ?? model.format}, ${formatBytes(model.bytes)}`],
    ...model.inputs.map((each) => ['input', tensorText(each)] as const),
    ...model.outputs.map((each) => ['output', tensorText(each)] as const),
    ['input size', size],
    ['pixels', pixelsText(model)],
    ['network gives', `${scores.kind} ${scores.width}x${scores.height}`],
    ['parameters', formatCount(model.parameters)],
    ['multiply-adds', formatCount(model.multiplyAdds)],
    ['classes', `${labels.length}, ${labelSourceText(model.labelSource)}`],
  ];
  const operators = Object.entries(model.operators);
  const count = operators.reduce((sum, [, times]) => sum + times, 0);
  const histogram = operators.map(([operator, times]) => [`  ${operator}`, `${times}`]);
  return [
    ...alignRows(facts),
    ...wrap(labels, 96).map((line) => `  ${line}`),
    counted(count, 'operator'),
    ...alignRows(histogram, ['left', 'right']),
  ];
}

function tensorText({ name, dtype, shape }: TensorDescription): string {
  return `${name} ${dtype} ${formatShape(shape)}`;
}

/** What becomes of pixels from 0 to 255 before they are fed. */
function pixelsText({ inputs, normalisation: { mean, std } }: ModelDescription): string {
  if (inputs.every(({ dtype }) => dtype === 'uint8')) return 'as they are';
  return `(x - ${perChannel(mean)}) / ${perChannel(std)}`;
}

/** One number where the channels agree, else three. */
function perChannel(values: readonly number[]): string {
  return new Set(values).size === 1 ? `${values[0]}` : `[${values.join(', ')}]`;
}

/** Words with commas between, broken into lines. */
function wrap(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  words.forEach((word, index) => {
    const piece = index === words.length - 1 ? word : `${word}, `;
    if (line !== '' && line.length + piece.trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  });
  return [...lines, line];
}
