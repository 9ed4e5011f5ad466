import { FormatError } from '../core/errors.js';
import { formatShape, sameShape, type TensorOf } from '../core/tensor.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import { type DeepLabSettings, deepLab } from '../models/deeplab.js';
import { heads } from '../models/heads/index.js';
import { type BuiltStatistic, Layers } from '../models/layers.js';
import type { Parameter, Weights } from '../models/parameters.js';

/** Height and width of a network's input, in pixels. */
export interface InputSize {
  readonly height: number;
  readonly width: number;
}

/** A network's parameters and statistics, as they would be trained. */
export interface NetworkDescription {
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly BuiltStatistic[];
}

/** Lists a network's parameters and statistics; they do not depend on the input's size. */
export function describeNetwork(settings: DeepLabSettings): NetworkDescription {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'frozen' });
  // The smallest size at which every stride has pixels.
  const side = 2 * settings.outputStride + 1;
  deepLab(layers, builder.input('image', 'float32', [1, 3, side, side]), settings);
  return { parameters: layers.parameters, statistics: layers.statistics };
}

/**
 * The network for inference: input `image`, float32 [1, 3, H, W], normalised; output `logits`,
 * [1, classes, H, W], resized to the input's size as the head resizes.
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
  const { resize } = heads[settings.head];
  const value = layers.resize(logits, [height, width], 'logits/resized', resize);
  return builder.build([{ name: 'logits', value }]);
}

/**
 * The tensors of a network among those of a file, in the network's order.
 *
 * @param fix Told where one is missing or of another shape.
 * @throws FormatError for the first that is.
 */
export function weightsOf(
  network: Pick<NetworkDescription, 'parameters' | 'statistics'>,
  tensors: Weights,
  place: string,
  fix: string,
): ReadonlyMap<string, TensorOf<'float32'>> {
  const found = new Map<string, TensorOf<'float32'>>();
  for (const { name, shape } of [...network.parameters, ...network.statistics]) {
    const tensor = tensors.get(name);
    if (tensor?.dtype !== 'float32' || !sameShape(tensor.shape, shape)) {
      throw new FormatError({
        place,
        problem: `"${name}" is ${tensor === undefined ? 'missing' : 'not what the network has'}`,
        expected: `float32 ${formatShape(shape)}`,
        ...(tensor === undefined ? {} : { found: `${tensor.dtype} ${formatShape(tensor.shape)}` }),
        fix,
      });
    }
    found.set(name, tensor);
  }
  return found;
}
