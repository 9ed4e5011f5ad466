import { InternalError } from '../core/errors.js';
import { type TensorOf, tensor } from '../core/tensor.js';
import { readTflite } from '../formats/tflite/index.js';
import { decodeCheckpoint, inferenceWeights, isSafetensors } from './checkpoint.js';
import { filtersOf, weightsFromTflite } from './folded-weights.js';
import { type NetworkDescription, weightsOf } from './network-graph.js';

/** A file that weights are taken from. */
export interface WeightSource {
  /** Whether its batch norm is folded into its convolutions. */
  readonly foldedBatchNorm: boolean;
  /** Number of outputs of the layer of that name. */
  filters(layer: string): number | undefined;
  /** @throws FormatError for a tensor that the file lacks or has in another shape. */
  take(network: NetworkDescription): ReadonlyMap<string, TensorOf<'float32'>>;
}

/**
 * Opens a checkpoint or a TFLite file, told apart by content.
 *
 * @param place What errors call the file.
 * @throws FormatError where the file is damaged.
 */
export function openWeights(bytes: Uint8Array, place: string): WeightSource {
  return isSafetensors(bytes) ? fromCheckpoint(bytes, place) : fromTflite(bytes, place);
}

/**
 * Takes a network's weights from a file with other classes, each class those of one that it has.
 *
 * @param classes The file's class for each of the network's, by index.
 * @param count Number of classes of the file.
 * @throws as `take`
 */
export function takeClasses(
  source: WeightSource,
  network: NetworkDescription,
  classes: readonly number[],
  count: number,
): ReadonlyMap<string, TensorOf<'float32'>> {
  const scores = network.parameters.filter(({ part }) => part === 'logits');
  const names = new Set(scores.map(({ name }) => name));
  const parameters = network.parameters.map((parameter) =>
    names.has(parameter.name)
      ? { ...parameter, shape: [count, ...parameter.shape.slice(1)] }
      : parameter,
  );
  const found = source.take({ ...network, parameters });
  return new Map(
    [...found].map(([name, value]) => [name, names.has(name) ? rows(value, classes) : value]),
  );
}

/** Rows of a tensor, one after the other, some perhaps more than once. */
function rows({ shape, data }: TensorOf<'float32'>, indices: readonly number[]) {
  const [count = 0, ...rest] = shape;
  const length = count === 0 ? 0 : data.length / count;
  const chosen = new Float32Array(indices.length * length);
  indices.forEach((from, to) => {
    if (from < 0 || from >= count) throw new InternalError('weights', `no class ${from}`);
    chosen.set(data.subarray(from * length, (from + 1) * length), to * length);
  });
  return tensor('float32', [indices.length, ...rest], chosen);
}

function fromCheckpoint(bytes: Uint8Array, place: string): WeightSource {
  const tensors = inferenceWeights(decodeCheckpoint(bytes, place));
  const fix = 'take a checkpoint of the same backbone and head, or leave its last layers out';
  return {
    foldedBatchNorm: false,
    filters: (layer) => tensors.get(`${layer}/weights`)?.shape[0],
    take: (network) => weightsOf(network, tensors, place, fix),
  };
}

function fromTflite(bytes: Uint8Array, place: string): WeightSource {
  const model = readTflite(bytes, place);
  return {
    foldedBatchNorm: true,
    filters: (layer) => filtersOf(model, layer),
    take: (network) => weightsFromTflite(model, place, network),
  };
}
