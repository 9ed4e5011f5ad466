import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { builtInModels, defaultModel, parseSidecar, type Sidecar } from '../../catalog/index.js';
import { modelPath } from '../../catalog/node/model-path.js';
import { FormatError, messageOf } from '../../core/errors.js';
import { DenseCrfThreads } from '../../crf/node/index.js';
import { type DecodeOptions, decodeImage } from '../../image/node/index.js';
import { nodeRuntime } from '../../runtime/node/index.js';
import { type ModelFile, type ModelFileOptions, readModelFile } from '../model-file.js';
import { BaseSegmenter, type SegmenterOptions } from '../segmenter.js';

/** Options of a segmenter in Node. */
export interface LoadOptions extends SegmenterOptions, ModelFileOptions, DecodeOptions {
  /**
   * Whether the network runs in a worker thread, which leaves the event loop free; yes unless
   * told. Without it a run blocks the calling thread but spares the hand-over.
   */
  readonly worker?: boolean;
}

/**
 * A segmentation model in Node: pictures are files or their bytes, decoded by sharp; the network
 * runs on onnxruntime-node.
 *
 * @example
 * const segmenter = await Segmenter.load('voc');
 * const { labelMap, classes } = await segmenter.segment('cat.jpg');
 * await segmenter.dispose();
 */
export class Segmenter extends BaseSegmenter<string | Uint8Array> {
  /**
   * Opens a built-in model by its name, or a model file: TFLite or ONNX, with its sidecar
   * `MODEL.json` where there is one, or a training checkpoint, which says all of itself.
   *
   * @param file `voc` unless told; a file of the name of a built-in model is reached as `./voc`.
   * @throws FormatError where the file is missing, damaged or of another kind; UnsupportedError
   *   where it is no segmentation model or uses what is not computed here.
   */
  static async load(
    file: string | Uint8Array = defaultModel,
    options: LoadOptions = {},
  ): Promise<Segmenter> {
    const { model, sidecar } = await loadModelFile(file, options);
    const runtime = nodeRuntime({ worker: options.worker ?? true });
    const parts = { file: model, sidecar, runtime, crf: crfThreads(options.threads) };
    return new Segmenter(parts, (source) => decodeImage(source, options), options);
  }
}

/** As many threads as the network uses; they start with the first CRF. */
function crfThreads(threads: number | undefined): DenseCrfThreads {
  // Of a number that is none, opening the session will tell.
  const told = threads !== undefined && Number.isInteger(threads) && threads >= 1;
  return told ? new DenseCrfThreads(Math.min(threads, 256)) : new DenseCrfThreads();
}

/** A model file with what the JSON file beside it says. */
export interface LoadedModelFile {
  readonly model: ModelFile;
  readonly sidecar: Sidecar | undefined;
}

/** Reads a model file and its sidecar. */
export async function loadModelFile(
  file: string | Uint8Array,
  options: ModelFileOptions = {},
): Promise<LoadedModelFile> {
  if (typeof file !== 'string') {
    return { model: readModelFile(file, 'model', options), sidecar: undefined };
  }
  const bytes = await readFile(modelPath(file)).catch((cause: NodeJS.ErrnoException) => {
    throw new FormatError({
      place: file,
      problem: 'the model cannot be read',
      expected: `${builtInModels.map(({ name }) => name).join(', ')}, or a model file`,
      found: reason(cause),
      cause,
    });
  });
  const model = readModelFile(bytes, basename(file), options);
  // What lies beside a checkpoint under its name is the configuration of its training.
  return { model, sidecar: model.format === 'checkpoint' ? undefined : await readSidecar(file) };
}

/** The sidecar of `dir/name.tflite`: `dir/name.tflite.json`, else `dir/name.json`. */
async function readSidecar(file: string): Promise<Sidecar | undefined> {
  for (const path of [`${file}.json`, file.replace(/\.[^./\\]+$/, '.json')]) {
    if (path === file) continue;
    try {
      return parseSidecar(await readFile(path, 'utf8'), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'no such file';
    case 'EISDIR':
      return 'a folder';
    case 'EACCES':
      return 'no permission';
    default:
      return messageOf(error);
  }
}
