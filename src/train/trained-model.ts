import type { Normalisation } from '../convert/segmentation/image-input.js';
import type { DatasetClasses } from '../data/index.js';
import type { DeepLabSettings } from '../models/deeplab.js';
import type { Weights } from '../models/parameters.js';
import type { ModelFile } from '../segment/model-file.js';
import { inferenceGraph } from '../weights/network-graph.js';

/** A network in training as a segmentation model, for evaluation. */
export function trainedModel(
  network: DeepLabSettings,
  weights: Weights,
  { labels, palette }: DatasetClasses,
  normalisation: Normalisation,
): ModelFile {
  let bytes = 0;
  for (const { data } of weights.values()) bytes += data.byteLength;
  return {
    name: 'network in training',
    format: 'onnx',
    bytes,
    fixedSize: undefined,
    description: {
      labels,
      normalisation,
      sidecar: { palette: palette.map(([red, green, blue]) => [red, green, blue]) },
    },
    graph: (size) => inferenceGraph(network, weights, size),
  };
}
