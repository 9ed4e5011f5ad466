import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { graphToOnnx } from '../../../src/convert/onnx/graph-to-onnx.js';
import { OptionError } from '../../../src/core/errors.js';
import { writeOnnx } from '../../../src/formats/onnx/index.js';
import { exportOnnx } from '../../../src/segment/export-onnx.js';
import { knownStride, readModelFile } from '../../../src/segment/model-file.js';
import type { Segmenter } from '../../../src/segment/node/segmenter.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/weights/checkpoint.js';
import { networkOnly } from '../../../src/weights/network-only.js';
import type { ExportSettings } from './settings.js';

/** What is written, by the ending of its name. */
export const exportFormats = { '.onnx': 'ONNX', '.safetensors': 'checkpoint' } as const;

export type ExportFormat = (typeof exportFormats)[keyof typeof exportFormats];

/** The format that a file's name asks for. @throws OptionError where it is none that is written. */
export function exportFormat(output: string): ExportFormat {
  const ending = extname(output).toLowerCase();
  const found = Object.entries(exportFormats).find(([own]) => own === ending);
  if (found !== undefined) return found[1];
  throw new OptionError({
    place: output,
    problem: 'only ONNX files and checkpoints are written',
    expected: `a name that ends in ${Object.keys(exportFormats).join(' or ')}`,
  });
}

/** A model as it will be written. */
export interface EncodedExport {
  readonly bytes: Uint8Array;
  /** ONNX bytes that compute what the file does, to be compared with its source. */
  readonly runnable: Uint8Array;
}

/**
 * The bytes of an export.
 *
 * @param source The model's own file, which its name need not be.
 * @throws OptionError where a checkpoint is wanted of another kind of file.
 */
export function encodeExport(
  segmenter: Segmenter,
  source: string,
  settings: ExportSettings,
): EncodedExport {
  const { model, output, outputStride, float16, size } = settings;
  const { file, inputSize } = segmenter;
  if (exportFormat(output) === 'ONNX') {
    const bytes = exportOnnx(segmenter, inputSize, { float16 });
    return { bytes, runnable: bytes };
  }
  if (file.format !== 'checkpoint') {
    throw new OptionError({
      place: model,
      problem: 'its graph is finished, and a checkpoint holds weights of a network',
      fix: 'export it as NAME.onnx',
    });
  }
  const checkpoint = networkOnly(decodeCheckpoint(readFileSync(source), model), model, {
    float16,
    ...(outputStride === undefined ? {} : { outputStride: knownStride(outputStride, model) }),
    ...(size === undefined ? {} : { size }),
  });
  const bytes = Buffer.concat(encodeCheckpoint(checkpoint));
  const graph = readModelFile(bytes, output).graph(inputSize);
  return { bytes, runnable: writeOnnx(graphToOnnx(graph)) };
}
