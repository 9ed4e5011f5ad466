import { GraphError } from '../core/errors.js';
import { elementCount, formatShape, sameShape } from '../core/tensor.js';
import { describeCall } from './builder.js';
import type { Graph, Node, Value } from './graph.js';
import type { AttributesInOf } from './operators.js';
import { inferShapes } from './shape-rules/index.js';

/**
 * Checks that a graph keeps every rule: names are unique, each value is made before it is read,
 * constants fill their shapes, and each node's outputs are what its shape rule says.
 *
 * @throws GraphError at the first breach.
 */
export function verify(graph: Graph): void {
  const names = new Map<string, Value>();
  const made = new Set<Value>();

  const claim = (value: Value): void => {
    const holder = names.get(value.name);
    if (holder !== undefined && holder !== value) {
      throw new GraphError({
        place: `value "${value.name}"`,
        problem: 'two values share the name',
      });
    }
    names.set(value.name, value);
    made.add(value);
  };
  const read = (value: Value, reader: string): void => {
    if (value.constant !== undefined && !made.has(value)) {
      verifyConstant(value);
      claim(value);
    }
    if (!made.has(value)) {
      throw new GraphError({ place: reader, problem: `reads "${value.name}" before it is made` });
    }
  };

  for (const input of graph.inputs) claim(input);
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (input !== undefined) read(input, `${node.op} "${node.name}"`);
    }
    verifyOutputs(node);
    for (const output of node.outputs) claim(output);
  }
  for (const { name, value } of graph.outputs) read(value, `graph output "${name}"`);
}

function verifyConstant({ name, dtype, shape, constant }: Value): void {
  if (constant === undefined) return;
  if (constant.dtype !== dtype || !sameShape(constant.shape, shape)) {
    throw new GraphError({
      place: `constant "${name}"`,
      problem: 'value and tensor disagree',
      expected: `${dtype}${formatShape(shape)}`,
      found: `${constant.dtype}${formatShape(constant.shape)}`,
    });
  }
  if (constant.data.length !== elementCount(shape)) {
    throw new GraphError({
      place: `constant "${name}"`,
      problem: 'the array does not fill the shape',
      expected: `${elementCount(shape)} elements`,
      found: `${constant.data.length}`,
    });
  }
}

function verifyOutputs(node: Node): void {
  const attributes = node.attributes as AttributesInOf<typeof node.op>;
  const call = describeCall(node.op, node.name, node.inputs, attributes, node.outputs.length);
  inferShapes(call).forEach(({ dtype, shape }, index) => {
    const output = node.outputs[index];
    if (output?.dtype !== dtype || !sameShape(output.shape, shape)) {
      call.fail(
        `output ${index} is not what the shape rule says`,
        `${dtype}${formatShape(shape)}`,
        output === undefined ? 'nothing' : `${output.dtype}${formatShape(output.shape)}`,
      );
    }
  });
}
