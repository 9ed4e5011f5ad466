import { GraphBuilder } from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import { type DeepLabSettings, deepLab } from '../models/deeplab.js';
import { type BuiltStatistic, Layers } from '../models/layers.js';
import type { Parameter, Weights } from '../models/parameters.js';

/** Height and width of a network's input, in pixels. */
export interface InputSize {
  readonly height: number;
  readonly width: number;
}

/** A network's parameters and statistics, as they would be trained. */
export function describeNetwork(settings: DeepLabSettings): {
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly BuiltStatistic[];
} {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'frozen' });
  // Parameters do not depend on the size; this is the smallest at which every stride has pixels.
  const side = 2 * settings.outputStride + 1;
  deepLab(layers, builder.input('image', 'float32', [1, 3, side, side]), settings);
  return { parameters: layers.parameters, statistics: layers.statistics };
}

/**
 * The network for inference: input `image`, float32 [1, 3, H, W], normalised; output `logits`,
 * [1, classes, H, W], resized to the input's size with aligned corners.
 *
 * @throws GraphError where a weight is missing or of another shape.
 */
export function inferenceGraph(
  settings: DeepLabSettings,
  weights: Weights,
  { height, width }: InputSize,
): Graph {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'infer', weights });
  const image = builder.input('image', 'float32', [1, 3, height, width]);
  const logits = deepLab(layers, image, settings);
  const value = layers.resize(logits, [height, width], 'logits/resized');
  return builder.build([{ name: 'logits', value }]);
}
