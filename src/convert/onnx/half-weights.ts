import {
  elementCount,
  greatestFloat16,
  numberToFloat16,
  type Tensor,
  tensor,
} from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Graph, Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';
import { rewrite } from '../../graph/rewrite.js';

/** Constants with fewer elements stay: they take no room worth their digits. */
const fewest = 64;

/**
 * Holds a graph's weights in half precision: float16 constants, each widened to float32 by a Cast,
 * which a runtime works out once when it opens the file. Halves the file; every weight is rounded
 * to 11 significant bits.
 *
 * Biases and other vectors keep their digits, and so does what half precision cannot hold.
 */
export function halveWeights(graph: Graph): Graph {
  const made = new Map<Value, Value>();
  return rewrite(graph, (node, { builder, inputs }) => {
    const halved = inputs.map((input) => input && widened(builder, input, made));
    return builder.addAll(node.op, halved, node.attributes, {
      name: node.name,
      outputs: node.outputs.length,
    });
  });
}

function widened(builder: GraphBuilder, value: Value, made: Map<Value, Value>): Value {
  const known = made.get(value);
  if (known !== undefined) return known;
  const half = value.constant && halved(value.constant);
  if (half === undefined) return value;
  const stored = builder.constant(half, `${value.name}/half`);
  const wide = builder.add('Cast', [stored], { to: onnxDtypes.float32 }, { name: value.name });
  made.set(value, wide);
  return wide;
}

function halved({ dtype, shape, data }: Tensor): Tensor | undefined {
  if (dtype !== 'float32' || shape.length < 2 || elementCount(shape) < fewest) return undefined;
  if (!data.every((each) => Math.abs(Number(each)) <= greatestFloat16)) return undefined;
  return tensor(
    'float16',
    shape,
    Uint16Array.from(data, (each) => numberToFloat16(Number(each))),
  );
}
