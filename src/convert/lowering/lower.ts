import type { Graph } from '../../graph/graph.js';
import { signWeights } from '../../graph/passes/sign-weights.js';
import type { Device, Runtime, SessionOptions } from '../../runtime/index.js';
import { signedWeightsAreExact } from './signed-weights.js';

/** What has been found out about the devices of a runtime. */
const known = new WeakMap<Runtime, Map<Device, Promise<boolean>>>();

/**
 * The form of a graph that runs best on a device, equal in what it computes.
 *
 * What a device can do is probed once, when a graph first asks for it.
 *
 * @throws DeviceError where the device is missing or fails.
 */
export async function lower(
  graph: Graph,
  runtime: Runtime,
  options: SessionOptions,
): Promise<Graph> {
  if (!graph.nodes.some(({ op }) => op === 'QLinearConv')) return graph;
  return (await signedWeights(runtime, options)) ? signWeights(graph) : graph;
}

function signedWeights(runtime: Runtime, options: SessionOptions): Promise<boolean> {
  const device = options.device ?? 'cpu';
  const devices = known.get(runtime) ?? new Map<Device, Promise<boolean>>();
  known.set(runtime, devices);
  const found = devices.get(device) ?? signedWeightsAreExact(runtime, options);
  devices.set(device, found);
  // A device that failed may be there the next time.
  found.catch(() => devices.delete(device));
  return found;
}
