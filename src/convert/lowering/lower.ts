import { expandComposites, isComposite } from '../../graph/expansions/index.js';
import type { Graph } from '../../graph/graph.js';
import { signWeights } from '../../graph/passes/sign-weights.js';
import { simplify } from '../../graph/passes/simplify.js';
import type { Device, Runtime, SessionOptions } from '../../runtime/index.js';
import { blockedLayoutWidth } from './blocked-layout.js';
import { lowerForCpu } from './cpu/index.js';
import { signedWeightsAreExact } from './signed-weights.js';

/** What has been found out about a device of a runtime. */
interface Findings {
  readonly signedWeights: OnceAsked<boolean>;
  readonly blockWidth: OnceAsked<number | undefined>;
}

/** An answer that is sought when it is first asked for; a failure is sought again. */
class OnceAsked<T> {
  #answer: Promise<T> | undefined;

  ask(seek: () => Promise<T>): Promise<T> {
    if (this.#answer === undefined) {
      this.#answer = seek();
      this.#answer.catch(() => {
        this.#answer = undefined;
      });
    }
    return this.#answer;
  }
}

const known = new WeakMap<Runtime, Map<Device, Findings>>();

/**
 * The form of a graph that runs best on a device, equal in what it computes up to rounding.
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
  const device = options.device ?? 'cpu';
  const findings = findingsOn(runtime, device);
  if (graph.nodes.some(({ op }) => op === 'QLinearConv')) {
    const exact = findings.signedWeights.ask(() => signedWeightsAreExact(runtime, options));
    return (await exact) ? signWeights(graph) : graph;
  }
  if (!graph.nodes.some(isComposite)) return graph;
  const width =
    device === 'cpu' ? await findings.blockWidth.ask(() => blockedLayoutWidth(runtime)) : undefined;
  return width === undefined ? simplify(expandComposites(graph)) : lowerForCpu(graph, width);
}

function findingsOn(runtime: Runtime, device: Device): Findings {
  const devices = known.get(runtime) ?? new Map<Device, Findings>();
  known.set(runtime, devices);
  const findings = devices.get(device) ?? {
    signedWeights: new OnceAsked<boolean>(),
    blockWidth: new OnceAsked<number | undefined>(),
  };
  devices.set(device, findings);
  return findings;
}
