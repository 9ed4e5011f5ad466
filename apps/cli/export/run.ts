import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { modelPath } from '../../../src/catalog/node/model-path.js';
import { OutputError } from '../../../src/core/errors.js';
import type { Size } from '../../../src/image/index.js';
import { Segmenter } from '../../../src/segment/node/segmenter.js';
import { interruptible } from '../interrupt.js';
import { writeTogether } from '../segment/atomic-files.js';
import { type Comparison, compareOnRandomPixels, type TensorDescription } from './comparison.js';
import { type ExportFormat, encodeExport, exportFormat } from './encode.js';
import type { ExportSettings } from './settings.js';

/** What `atrous export --json` prints. */
export interface ExportResult extends Comparison {
  readonly model: string;
  readonly output: string;
  readonly format: ExportFormat;
  readonly bytes: number;
  readonly inputSize: Size;
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly labels: readonly string[];
  readonly parameters: number;
  readonly multiplyAdds: number;
  readonly float16: boolean;
}

/**
 * Writes a model as an ONNX file or a checkpoint, once it has run and given what the model gives.
 *
 * @throws AtrousError where the model cannot be read or the file cannot be written; then the output
 *   is as it was.
 */
export async function exportModel(settings: ExportSettings): Promise<ExportResult> {
  const { model, output, size, outputStride, arithmetic, float16, force } = settings;
  const source = modelPath(model);
  checkOutput(source, output, force);
  const segmenter = await Segmenter.load(model, {
    ...(size === undefined ? {} : { size }),
    ...(outputStride === undefined ? {} : { outputStride }),
    ...(arithmetic === undefined ? {} : { arithmetic }),
  });
  const { file, inputSize, normalisation, classes } = segmenter;
  const graph = file.graph(inputSize);
  const { bytes, runnable } = encodeExport(segmenter, source, settings);
  const comparison = await interruptible((stop) =>
    compareOnRandomPixels(graph, runnable, model, normalisation, stop),
  );
  const { cost } = segmenter.describe();
  await segmenter.dispose();
  checkOutput(source, output, force);
  writeTogether([{ path: output, data: bytes }], process.pid);
  const described = (name: string, { dtype, shape }: Omit<TensorDescription, 'name'>) => ({
    name,
    dtype,
    shape,
  });
  return {
    model,
    output,
    format: exportFormat(output),
    bytes: bytes.length,
    inputSize,
    inputs: graph.inputs.map((input) => described(input.name, input)),
    outputs: graph.outputs.map(({ name, value }) => described(name, value)),
    normalisation,
    labels: classes.labels,
    parameters: cost.parameters,
    multiplyAdds: cost.multiplyAdds,
    float16,
    ...comparison,
  };
}

/** Finds out before any work is done whether the output could be written. */
function checkOutput(source: string, output: string, force: boolean): void {
  const folder = dirname(output);
  if (!existsSync(folder)) {
    throw new OutputError({
      place: output,
      problem: `the folder "${folder}" does not exist`,
      fix: 'make it first',
    });
  }
  if (!existsSync(output)) return;
  if (existsSync(source) && realpathSync(source) === realpathSync(output)) {
    throw new OutputError({
      place: output,
      problem: 'it is the model itself',
      fix: 'choose another name for the output',
    });
  }
  if (force) return;
  throw new OutputError({
    place: output,
    problem: 'the file exists',
    fix: 'add --force to replace it, or choose another name',
  });
}
