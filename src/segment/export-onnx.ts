import type { Sidecar } from '../catalog/index.js';
import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import { halveWeights } from '../convert/onnx/half-weights.js';
import type { Normalisation } from '../convert/segmentation/image-input.js';
import { type OnnxModel, writeOnnx } from '../formats/onnx/index.js';
import { simplify } from '../graph/passes/simplify.js';
import type { Fit, Size } from '../image/index.js';
import type { ClassNames } from './class-names.js';
import { type ModelFile, ownPalette } from './model-file.js';

/** A model with what it takes to read its answers. */
export interface ExportedModel {
  readonly file: ModelFile;
  readonly classes: ClassNames;
  readonly normalisation: Normalisation;
  readonly fit: Fit;
}

export interface ExportOptions {
  /** Hold the weights in half precision, which halves the file. */
  readonly float16?: boolean;
}

/**
 * Writes a model at one input size as an ONNX file of standard operators, batch norm folded into
 * the convolutions.
 *
 * Input and output are the model's own: of a checkpoint `image`, float32 [1, 3, H, W], normalised,
 * and `logits`, [1, classes, H, W]. The metadata `atrous` holds class names, palette and
 * normalisation as a sidecar does, so that the file opens here by itself.
 *
 * @throws OptionError for a size that the model cannot be had at.
 */
export function exportOnnx(
  model: ExportedModel,
  size: Size,
  options: ExportOptions = {},
): Uint8Array {
  return writeOnnx(exportedModel(model, size, options));
}

function exportedModel(
  { file, ...described }: ExportedModel,
  size: Size,
  { float16 = false }: ExportOptions,
): OnnxModel {
  const graph = simplify(file.graph(size));
  const metadata = new Map([['atrous', JSON.stringify(sidecarOf(described))]]);
  return graphToOnnx(float16 ? halveWeights(graph) : graph, metadata);
}

function sidecarOf({ classes, normalisation, fit }: Omit<ExportedModel, 'file'>): Sidecar {
  const { labels, palette, background, source } = classes;
  const { mean, std } = normalisation;
  return {
    ...(source === 'numbers' ? {} : { labels: [...labels], ...ownPalette(labels.length, palette) }),
    ...(background === undefined ? {} : { background }),
    normalisation: { mean: [mean[0], mean[1], mean[2]], std: [std[0], std[1], std[2]] },
    ...(fit === 'pad' ? {} : { fit }),
  };
}
