import { constantsOf, type Graph, type Value } from './graph.js';

/**
 * What a graph is but for the names of its inner values: operators in order with attributes,
 * where their inputs come from, types, and all constants. Floats are rounded as files hold them.
 */
export function canonical(graph: Graph) {
  const names = new Map<Value | undefined, string>([[undefined, '-']]);
  for (const input of graph.inputs) names.set(input, `input ${input.name}`);
  const constants = constantsOf(graph);
  constants.forEach((value, at) => {
    names.set(value, `constant ${at}`);
  });
  graph.nodes.forEach((node, at) => {
    node.outputs.forEach((output, position) => {
      names.set(output, `node ${at}:${position}`);
    });
  });
  const typeOf = ({ dtype, shape }: Value) => `${dtype}[${shape}]`;
  return {
    inputs: graph.inputs.map((input) => `${input.name} ${typeOf(input)}`),
    constants: constants.map(({ constant }) => constant),
    nodes: graph.nodes.map(({ op, attributes, inputs, outputs }) => ({
      op,
      attributes: Object.fromEntries(
        Object.entries<unknown>(attributes).map(([name, value]) => [
          name,
          typeof value === 'number' ? Math.fround(value) : value,
        ]),
      ),
      inputs: inputs.map((input) => names.get(input)),
      outputs: outputs.map(typeOf),
    })),
    outputs: graph.outputs.map(({ name, value }) => `${name} is ${names.get(value)}`),
  };
}
