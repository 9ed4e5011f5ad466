import { bytesPerElement } from '../core/dtype.js';
import { elementCount } from '../core/tensor.js';
import { constantsOf, type Graph, type Node } from './graph.js';
import type { OperatorName } from './operators.js';

/** What a graph costs to keep and to run. */
export interface GraphCost {
  /** Elements of all constants that take part in arithmetic: weights, biases, statistics. */
  readonly parameters: number;
  /** Bytes of all constants. */
  readonly constantBytes: number;
  /** Multiply-adds of convolutions and matrix products; a multiply-add is two FLOPs. */
  readonly multiplyAdds: number;
  /** How often each operator occurs, most frequent first. */
  readonly operators: ReadonlyMap<OperatorName, number>;
}

/** Counts parameters, multiply-adds and operators. */
export function costOf(graph: Graph): GraphCost {
  const counts = new Map<OperatorName, number>();
  let multiplyAdds = 0;
  for (const node of graph.nodes) {
    counts.set(node.op, (counts.get(node.op) ?? 0) + 1);
    multiplyAdds += multiplyAddsOf(node);
  }
  let parameters = 0;
  let constantBytes = 0;
  for (const { dtype, shape } of constantsOf(graph)) {
    constantBytes += elementCount(shape) * bytesPerElement(dtype);
  }
  for (const weights of parametersOf(graph)) parameters += weights;
  const operators = new Map([...counts].sort(([, a], [, b]) => b - a));
  return { parameters, constantBytes, multiplyAdds, operators };
}

/**
 * Multiply-adds of one node, for the dense operators that dominate a network; 0 for all others.
 *
 * Counted as the literature does: multiplications by padding included, bias and activation not.
 */
export function multiplyAddsOf(node: Node): number {
  const [output] = node.outputs;
  if (output === undefined) return 0;
  const weightsOf = (position: number): readonly number[] => node.inputs[position]?.shape ?? [];
  switch (node.op) {
    case 'Conv':
      return elementCount(output.shape) * elementCount(weightsOf(1).slice(1));
    case 'QLinearConv':
      return elementCount(output.shape) * elementCount(weightsOf(3).slice(1));
    case 'ConvTranspose':
      return elementCount(weightsOf(0)) * elementCount(weightsOf(1).slice(1));
    case 'MatMul':
      return elementCount(output.shape) * (weightsOf(0).at(-1) ?? 0);
    case 'Gemm': {
      const [rows = 0, columns = 0] = weightsOf(0);
      return elementCount(output.shape) * (node.attributes.transA === 1 ? rows : columns);
    }
    default:
      return 0;
  }
}

/** Sizes of the constants that are trained weights: those that the dense operators read. */
function parametersOf(graph: Graph): readonly number[] {
  const seen = new Set<unknown>();
  const sizes: number[] = [];
  for (const node of graph.nodes) {
    for (const position of weightPositions(node.op)) {
      const input = node.inputs[position];
      if (input?.constant === undefined || seen.has(input)) continue;
      seen.add(input);
      sizes.push(elementCount(input.shape));
    }
  }
  return sizes;
}

function weightPositions(op: OperatorName): readonly number[] {
  switch (op) {
    case 'Conv':
    case 'ConvTranspose':
    case 'Gemm':
      return [1, 2];
    case 'MatMul':
    case 'PRelu':
      return [1];
    case 'QLinearConv':
      return [3, 8];
    case 'BatchNormalization':
      return [1, 2, 3, 4];
    default:
      return [];
  }
}
