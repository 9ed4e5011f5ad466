import { GraphBuilder } from '../../graph/builder.js';
import { deepLabOutputs } from '../../models/deeplab.js';
import { Layers } from '../../models/layers.js';
import type { NetworkDescription } from '../../weights/network-graph.js';
import type { StepSettings } from './settings.js';

/**
 * Lists what a step trains and follows: the network's parameters and statistics, as
 * `describeNetwork` does, and after them those of the auxiliary head.
 */
export function trainedParts({
  network,
  auxiliary,
}: Pick<StepSettings, 'network' | 'auxiliary'>): NetworkDescription {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'frozen' });
  // The smallest size at which every stride has pixels.
  const side = 2 * network.outputStride + 1;
  const image = builder.input('image', 'float32', [1, 3, side, side]);
  deepLabOutputs(layers, image, network, auxiliary);
  return { parameters: layers.parameters, statistics: layers.statistics };
}
