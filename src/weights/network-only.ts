import {
  greatestFloat16,
  numberToFloat16,
  type Tensor,
  type TensorOf,
  tensor,
} from '../core/tensor.js';
import type { OutputStride } from '../models/geometry.js';
import { type Checkpoint, inferenceWeights } from './checkpoint.js';
import { describeNetwork, weightsOf } from './network-graph.js';

export interface NetworkOnlyOptions {
  /** Holds the filters of convolutions in half precision; all else, of little size, as it is. */
  readonly float16?: boolean;
  /** What the network is built with when the file is opened, unless told otherwise then. */
  readonly outputStride?: OutputStride;
  /** Input size likewise. */
  readonly size?: { readonly width: number; readonly height: number };
}

/**
 * A checkpoint without what only training needs: the moving averages where there are any in the
 * parameters' places, nothing of the optimizer.
 *
 * @param place What errors call the checkpoint.
 * @throws FormatError where the checkpoint lacks weights of its network.
 */
export function networkOnly(
  checkpoint: Checkpoint,
  place: string,
  { float16 = false, outputStride, size }: NetworkOnlyOptions = {},
): Checkpoint {
  const { metadata } = checkpoint;
  const network = describeNetwork(metadata.network);
  const fix = 'take a checkpoint as training wrote it';
  const weights = weightsOf(network, inferenceWeights(checkpoint), place, fix);
  const isHalved = new Set(
    float16
      ? network.parameters.filter(({ role }) => role.endsWith('weights')).map(({ name }) => name)
      : [],
  );
  return {
    metadata: {
      ...metadata,
      network: {
        ...metadata.network,
        ...(outputStride === undefined ? {} : { outputStride }),
      },
      ...(size === undefined ? {} : { size: [size.width, size.height] }),
    },
    tensors: new Map(
      [...weights].map(([name, value]) => [name, isHalved.has(name) ? halved(value) : value]),
    ),
  };
}

/** In half precision, unless it holds what that cannot. */
function halved(value: TensorOf<'float32'>): Tensor {
  if (!value.data.every((each) => Math.abs(each) <= greatestFloat16)) return value;
  return tensor('float16', value.shape, Uint16Array.from(value.data, numberToFloat16));
}
