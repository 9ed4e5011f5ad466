import type { Graph, Node, Value } from '../graph.js';
import { rewrite } from '../rewrite.js';

/**
 * Keeps one of several nodes that compute the same from the same (common subexpressions), and one
 * of several constants that are the same number, shape or list of axes.
 */
export function mergeEqualNodes(graph: Graph): Graph {
  const numbers = new Map<Value | undefined, number>([[undefined, -1]]);
  const numberOf = (value: Value | undefined): number => {
    const known = numbers.get(value) ?? numbers.size;
    numbers.set(value, known);
    return known;
  };
  const constants = new Map<string, Value>();
  const merged = (value: Value): Value => {
    const key = contentOf(value);
    if (key === undefined) return value;
    const known = constants.get(key) ?? value;
    constants.set(key, known);
    return known;
  };
  const seen = new Map<string, readonly Value[]>();
  return rewrite(graph, (node, rewriting) => {
    const inputs = rewriting.inputs.map((input) => input && merged(input));
    const key = `${node.op} ${inputs.map(numberOf)} ${node.outputs.length} ${attributesOf(node)}`;
    const outputs = seen.get(key) ?? rewriting.builder.copy(node, inputs);
    seen.set(key, outputs);
    return outputs;
  });
}

/** All attributes as one text; as JSON, all numbers that are not finite would look the same. */
function attributesOf({ attributes }: Node): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? JSON.stringify(value) : value}`)
    .join(' ');
}

/** Lists of whole numbers have up to as many elements: two for each axis. */
const mostElements = 16;

/** Type, shape and bytes of a constant that is a scalar or a short list of whole numbers. */
function contentOf({ constant }: Value): string | undefined {
  if (constant === undefined) return undefined;
  const { dtype, shape, data } = constant;
  const isList = dtype === 'int64' && shape.length === 1 && data.length <= mostElements;
  if (shape.length > 0 && !isList) return undefined;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `${dtype} [${shape}] ${bytes}`;
}
