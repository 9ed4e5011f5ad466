import { readTflite } from '../formats/tflite/index.js';
import type { DeepLabSettings } from '../models/deeplab.js';
import type { OutputStride } from '../models/geometry.js';
import type { Weights } from '../models/parameters.js';
import { heededSettings } from '../models/settings.js';
import { decodeCheckpoint, inferenceWeights, isSafetensors } from './checkpoint.js';
import { filtersOf, weightsFromTflite } from './folded-weights.js';
import { describeNetwork, weightsOf } from './network-graph.js';

/** A network with weights to run it with. */
export interface TrainedNetwork {
  readonly settings: DeepLabSettings;
  readonly weights: Weights;
}

/**
 * A whole trained network from a checkpoint or a TFLite file, told apart by content.
 *
 * @param place What errors call the file.
 * @param assumed What a TFLite file's network is taken for but for its classes: such files do not
 *   tell. A checkpoint does.
 * @param outputStride Replaces the network's own.
 * @throws FormatError where the file is damaged or of another network.
 */
export function readTrainedNetwork(
  bytes: Uint8Array,
  place: string,
  assumed: DeepLabSettings,
  outputStride?: OutputStride,
): TrainedNetwork {
  const own = readAsItIs(bytes, place, assumed);
  if (outputStride === undefined) return own;
  return { ...own, settings: { ...own.settings, outputStride } };
}

function readAsItIs(bytes: Uint8Array, place: string, assumed: DeepLabSettings): TrainedNetwork {
  if (isSafetensors(bytes)) {
    const checkpoint = decodeCheckpoint(bytes, place);
    const settings = checkpoint.metadata.network;
    const fix = 'take a checkpoint as training wrote it';
    const tensors = inferenceWeights(checkpoint);
    return { settings, weights: weightsOf(describeNetwork(settings), tensors, place, fix) };
  }
  const model = readTflite(bytes, place);
  const classes = filtersOf(model, 'logits/semantic') ?? assumed.classes;
  const settings = heededSettings({ ...assumed, classes });
  return { settings, weights: weightsFromTflite(model, place, describeNetwork(settings)) };
}
