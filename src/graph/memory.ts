import { bytesPerElement } from '../core/dtype.js';
import { elementCount } from '../core/tensor.js';
import type { Graph, Value } from './graph.js';

/**
 * Bytes of computed values that are alive at once, at the worst moment, when nodes run in order and
 * each value is freed after its last use.
 */
export function peakActivationBytes(graph: Graph): number {
  const lastUse = new Map<Value, number>();
  graph.nodes.forEach((node, at) => {
    for (const value of [...node.inputs, ...node.outputs]) {
      if (value !== undefined) lastUse.set(value, at);
    }
  });
  for (const { value } of graph.outputs) lastUse.set(value, graph.nodes.length);

  let alive = graph.inputs.reduce((sum, input) => sum + bytesOf(input), 0);
  let peak = alive;
  graph.nodes.forEach((node, at) => {
    for (const output of node.outputs) alive += bytesOf(output);
    peak = Math.max(peak, alive);
    for (const value of new Set([...node.inputs, ...node.outputs])) {
      if (value?.constant === undefined && value !== undefined && lastUse.get(value) === at) {
        alive -= bytesOf(value);
      }
    }
  });
  return peak;
}

function bytesOf({ dtype, shape }: Value): number {
  return elementCount(shape) * bytesPerElement(dtype);
}
