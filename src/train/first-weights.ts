import { decodeCheckpoint, isSafetensors } from '../weights/checkpoint.js';
import {
  freshWeights,
  type InitialWeights,
  type InitialWeightsOptions,
  loadInitialWeights,
} from '../weights/initial-weights.js';
import type { NetworkDescription } from '../weights/network-graph.js';

/**
 * First weights of all that a run trains, as `loadInitialWeights` takes the network's from a file.
 * The auxiliary head comes from it too where it has one; no file needs it, for inference does not.
 *
 * @param place What errors call the file.
 * @param trained the network, and the auxiliary head after it.
 * @throws what `loadInitialWeights` throws.
 */
export function loadFirstWeights(
  bytes: Uint8Array,
  place: string,
  network: NetworkDescription,
  trained: NetworkDescription,
  options: InitialWeightsOptions,
): InitialWeights {
  const known = new Set([
    ...[...network.parameters, ...network.statistics].map(({ name }) => name),
    ...(isSafetensors(bytes) ? decodeCheckpoint(bytes, place).tensors.keys() : []),
  ]);
  const loaded = loadInitialWeights(
    bytes,
    place,
    those(trained, (name) => known.has(name)),
    options,
  );
  const fresh = freshWeights(
    those(trained, (name) => !known.has(name)),
    options.random,
  );
  return {
    ...loaded,
    weights: new Map([...loaded.weights, ...fresh]),
    renewed: [...loaded.renewed, ...fresh.keys()],
  };
}

function those(
  { parameters, statistics }: NetworkDescription,
  wanted: (name: string) => boolean,
): NetworkDescription {
  return {
    parameters: parameters.filter(({ name }) => wanted(name)),
    statistics: statistics.filter(({ name }) => wanted(name)),
  };
}
