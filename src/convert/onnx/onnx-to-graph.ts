import { FormatError, GraphError, UnsupportedError } from '../../core/errors.js';
import type { Shape } from '../../core/tensor.js';
import type { OnnxModel, OnnxValueInfo } from '../../formats/onnx/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph, GraphOutput, Value } from '../../graph/graph.js';
import { NodeImport } from './import-scope.js';
import { importNode } from './node-importers.js';

/**
 * The graph of an ONNX file whose operators are all known, at given input shapes.
 *
 * Everything that depends only on shapes and constants is worked out on the way, so the shape
 * arithmetic that exporters write for dynamic sizes disappears.
 *
 * @param shapes Shape of each fed input, by name; the file's own where it is fully known.
 * @throws UnsupportedError for an operator without a counterpart, named with its position;
 *   FormatError where shapes do not fit or a node reads what nothing makes.
 */
export function onnxToGraph(
  model: OnnxModel,
  shapes: ReadonlyMap<string, Shape>,
  place: string,
): Graph {
  return explained(place, 'the file', () => build(model, shapes, place));
}

function build(model: OnnxModel, shapes: ReadonlyMap<string, Shape>, place: string): Graph {
  const builder = new GraphBuilder({ foldConstants: true });
  const values = new Map<string, Value>();
  const { graph } = model;

  for (const { name, tensor } of graph.initializers) {
    values.set(name, builder.constant(tensor, name));
  }
  for (const input of graph.inputs) {
    // Files of old versions list their weights among the inputs.
    if (values.has(input.name)) continue;
    values.set(input.name, builder.input(input.name, ...inputType(input, shapes, place)));
  }
  graph.nodes.forEach((node, index) => {
    const inputs = node.inputs.map((name) =>
      name === '' ? undefined : lookUp(values, name, `${place}, node ${index} (${node.opType})`),
    );
    const opset = model.opsetImports.get('') ?? 1;
    const scope = new NodeImport({ node, index, opset, builder, inputs, file: place });
    const outputs = explained(scope.place, 'the node', () => importNode(scope));
    node.outputs.forEach((name, position) => {
      const output = outputs[position];
      if (output === undefined || name === '') return;
      if (values.has(name)) {
        throw new FormatError({ place: scope.place, problem: `makes "${name}" a second time` });
      }
      values.set(name, output);
    });
  });
  const outputs: GraphOutput[] = graph.outputs.map(({ name }) => ({
    name,
    value: lookUp(values, name, `${place}, output`),
  }));
  return builder.build(outputs);
}

/** Adds the place in the file to errors from inside the graph. */
function explained<T>(place: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new FormatError({
      place,
      problem: `${what} contradicts itself`,
      found: error.message,
      cause: error,
    });
  }
}

function lookUp(values: ReadonlyMap<string, Value>, name: string, place: string): Value {
  const value = values.get(name);
  if (value === undefined) {
    throw new FormatError({ place, problem: `reads "${name}", which nothing makes` });
  }
  return value;
}

function inputType(
  { name, dtype, shape }: OnnxValueInfo,
  shapes: ReadonlyMap<string, Shape>,
  place: string,
): [dtype: Value['dtype'], shape: Shape] {
  const fixed = shape?.every((size): size is number => typeof size === 'number')
    ? shape
    : undefined;
  const chosen = shapes.get(name) ?? fixed;
  if (dtype === undefined || chosen === undefined) {
    throw new UnsupportedError({
      place: `${place}, input "${name}"`,
      problem: 'type or size is not known',
      found: `${dtype ?? 'no type'} [${shape?.join(', ') ?? '?'}]`,
      fix: 'give the size',
    });
  }
  // A batch of another size is the caller's choice, as no weight depends on it.
  const fits = (size: number | string, axis: number): boolean =>
    axis === 0 || typeof size === 'string' || size === chosen[axis];
  if (shape !== undefined && !(shape.length === chosen.length && shape.every(fits))) {
    throw new UnsupportedError({
      place: `${place}, input "${name}"`,
      problem: 'the model takes an input of another shape',
      expected: `[${shape.join(', ')}]`,
      found: `[${chosen.join(', ')}]`,
      fix: 'this may be a model of another task',
    });
  }
  return [dtype, chosen];
}
