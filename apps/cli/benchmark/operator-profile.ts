import type { OperatorTime, Runtime, SessionOptions } from '../../../src/runtime/index.js';
import type { Workload } from './dense-convolution.js';
import { round } from './statistics.js';

/** Time of a kind of operator, or of one node, in one run. */
export interface OperatorCost {
  readonly operator: string;
  readonly ms: number;
  /** Share of all operators' time, 0 to 1. */
  readonly share: number;
}

/** The costliest operators of a network, each list longest first. */
export interface OperatorProfile {
  readonly byType: readonly (OperatorCost & { readonly nodes: number })[];
  readonly byNode: readonly (OperatorCost & { readonly node: string })[];
}

const profiledRuns = 20;
const listedNodes = 20;

/** Times each operator in a session of its own, as measuring slows runs a little. */
export async function profileOperators(
  { model, feeds }: Workload,
  runtime: Runtime,
  options: SessionOptions,
  stop: AbortSignal,
): Promise<OperatorProfile> {
  const session = await runtime.open(model, { ...options, profile: true });
  try {
    for (let run = 0; run < profiledRuns; run++) {
      await new Promise(setImmediate);
      stop.throwIfAborted();
      await session.run(feeds);
    }
    return summarise(await session.profile());
  } finally {
    await session.dispose();
  }
}

/** Sums the times of nodes by operator; of the nodes the costliest are kept. */
export function summarise(times: readonly OperatorTime[]): OperatorProfile {
  const total = times.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const types = new Map<string, { microseconds: number; nodes: number; runs: number }>();
  for (const { operator, microseconds, count } of times) {
    const sum = types.get(operator) ?? { microseconds: 0, nodes: 0, runs: count };
    sum.microseconds += microseconds;
    sum.nodes++;
    types.set(operator, sum);
  }
  const cost = (operator: string, microseconds: number, runs: number): OperatorCost => ({
    operator,
    ms: round(microseconds / runs / 1000),
    share: total === 0 ? 0 : round(microseconds / total),
  });
  return {
    byType: [...types]
      .sort(([, a], [, b]) => b.microseconds - a.microseconds)
      .map(([operator, { microseconds, nodes, runs }]) => ({
        ...cost(operator, microseconds, runs),
        nodes,
      })),
    byNode: times.slice(0, listedNodes).map(({ operator, name, microseconds, count }) => ({
      ...cost(operator, microseconds, count),
      node: name,
    })),
  };
}
