import { messageOf, UnsupportedError } from '../../../src/core/errors.js';
import { int64, toNumbers } from '../../../src/core/tensor.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import type { Graph, Node, Value } from '../../../src/graph/graph.js';
import { Renewal } from '../../../src/graph/renewal.js';

/** Which input of an operator holds its result's shape, batch included. */
const shapeInputs: Readonly<Partial<Record<Node['op'], number>>> = {
  Reshape: 1,
  Expand: 1,
  Resize: 3,
};

/**
 * A graph for one picture as a graph for several: all axes 0 of size 1 that come from the input
 * become the batch, and shapes written into the graph follow.
 *
 * @throws UnsupportedError where the graph mixes its batch axis with others.
 */
export function batchGraph(graph: Graph, batch: number, place: string): Graph {
  if (batch === 1) return graph;
  try {
    return rebuild(graph, batch);
  } catch (cause) {
    throw new UnsupportedError({
      place,
      problem: `it cannot run in batches: ${messageOf(cause)}`,
      fix: 'leave --batch out',
      cause,
    });
  }
}

function rebuild(graph: Graph, batch: number): Graph {
  const builder = new GraphBuilder();
  const renewal = new Renewal(
    builder,
    graph.inputs.map((input) => {
      const shape = [batch, ...input.shape.slice(1)];
      return [input, builder.input(input.name, input.dtype, shape)];
    }),
  );
  for (const node of graph.nodes) {
    const inputs = [...renewal.inputsOf(node)];
    const position = shapeInputs[node.op];
    if (position !== undefined && inputs[0]?.shape[0] === batch) {
      inputs[position] = batchShape(builder, inputs[position], batch);
    }
    renewal.define(node, builder.copy(node, inputs));
  }
  return builder.build(
    graph.outputs.map(({ name, value }) => ({ name, value: renewal.value(value) })),
  );
}

function batchShape(
  builder: GraphBuilder,
  shape: Value | undefined,
  batch: number,
): Value | undefined {
  if (shape?.constant === undefined) return shape;
  const [first, ...others] = toNumbers(shape.constant);
  return first === 1 ? builder.constant(int64([batch, ...others]), shape.name) : shape;
}
