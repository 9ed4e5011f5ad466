import { type Tensor, tensor } from '../../core/tensor.js';
import type { GraphBuilder } from '../builder.js';
import type { Graph, Value } from '../graph.js';
import { rewrite } from '../rewrite.js';

/** Positions of the weights and of their zero point among QLinearConv's inputs. */
const weightInputs: ReadonlySet<number> = new Set([3, 5]);

/**
 * Holds the weights of quantised convolutions as signed numbers: number and zero point less 128.
 *
 * The real values are the same. Processors with 8-bit dot products (VNNI) take unsigned
 * activations with signed weights and run faster so; those without add pairs of products in 16
 * bits, which saturates. Apply it where `Capabilities.signedWeights` holds.
 */
export function signWeights(graph: Graph): Graph {
  const made = new Map<Value, Value>();
  return rewrite(graph, (node, { builder, inputs, keep }) => {
    if (node.op !== 'QLinearConv') return keep();
    const signable = [...weightInputs].every((at) => inputs[at]?.constant?.dtype === 'uint8');
    if (!signable) return keep();
    const renewed = inputs.map((input, at) =>
      input !== undefined && weightInputs.has(at) ? signed(builder, input, made) : input,
    );
    return builder.addAll('QLinearConv', renewed, node.attributes, { name: node.name });
  });
}

function signed(builder: GraphBuilder, value: Value, made: Map<Value, Value>): Value {
  const { constant } = value;
  if (constant === undefined) return value;
  const known = made.get(value) ?? builder.constant(lessMiddle(constant), `${value.name}/signed`);
  made.set(value, known);
  return known;
}

function lessMiddle({ data, shape }: Tensor): Tensor {
  return tensor(
    'int8',
    shape,
    Int8Array.from(data, (stored: number | bigint) => Number(stored) - 128),
  );
}
