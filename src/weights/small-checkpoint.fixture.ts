import { seededRandom } from '../core/random.js';
import type { Tensor } from '../core/tensor.js';
import { type DeepLabSettings, deepLabDefaults } from '../models/deeplab.js';
import { type Checkpoint, encodeCheckpoint } from './checkpoint.js';
import { livelyWeights } from './lively-weights.fixture.js';
import { describeNetwork } from './network-graph.js';

/** A checkpoint of a narrow network with lively random weights. */
export function smallCheckpoint(
  settings: Partial<DeepLabSettings> = {},
  metadata: Partial<Checkpoint['metadata']> = {},
): Checkpoint & { readonly tensors: Map<string, Tensor> } {
  const network = { ...deepLabDefaults, depthMultiplier: 0.25, classes: 4, ...settings };
  return {
    metadata: {
      version: 1,
      network: { ...network, atrousRates: [...network.atrousRates] },
      labels: Array.from({ length: network.classes }, (_, index) => `class ${index}`),
      normalisation: { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
      size: [97, 65],
      step: 12,
      config: { seed: 1 },
      ...metadata,
    },
    tensors: new Map(livelyWeights(describeNetwork(network), seededRandom(1))),
  };
}

/** The bytes of a checkpoint's file. */
export function checkpointBytes(checkpoint: Checkpoint): Uint8Array {
  return new Uint8Array(Buffer.concat(encodeCheckpoint(checkpoint)));
}
