import { elementCount, int64, type Shape, sameShape } from '../../core/tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { type Graph, type Node, producersOf, type Value } from '../../graph/graph.js';
import { Renewal } from '../../graph/renewal.js';
import { nextName } from './names.js';

/** A piece of memory that a step reads, and writes anew, as one vector. */
export interface StateCell {
  readonly name: string;
  /** The state tensors in it, one behind the other. */
  readonly members: readonly { readonly name: string; readonly shape: Shape }[];
}

/** A graph that reads and writes cells in place of their members. */
export interface CellGraph {
  readonly graph: Graph;
  readonly cells: readonly StateCell[];
}

/**
 * Lets a graph read and write as vectors what it makes vectors of anyway: state tensors that it
 * packs become one input and one output, and a kernel that it moves as a vector comes and goes as
 * one. ONNX Runtime's binding takes some ten microseconds for each tensor that it is given or
 * gives, of which a network has hundreds, and an output that is only reshaped is a copy.
 */
export function withStateCells(graph: Graph): CellGraph {
  const found = foundCells(graph);
  const builder = new GraphBuilder();
  const known = new Map<Value, Value>();
  for (const { cell, inputs } of found) {
    const vector = builder.input(cell.name, 'float32', [elementsOf(cell)]);
    const parts = partsOf(builder, vector, cell);
    for (const [at, input] of inputs.entries()) {
      const part = parts[at];
      if (part !== undefined) known.set(input, part);
    }
    for (const same of vectorsOf(graph, inputs)) known.set(same, vector);
  }
  for (const input of graph.inputs) {
    if (!known.has(input)) known.set(input, builder.input(input.name, input.dtype, input.shape));
  }
  const renewal = new Renewal(builder, known);
  for (const node of graph.nodes) {
    if (node.outputs.some((output) => known.has(output))) continue;
    renewal.define(node, builder.copy(node, renewal.inputsOf(node)));
  }
  const members = found.flatMap(({ cell }) => cell.members.map(({ name }) => nextName(name)));
  const inCells = new Set(members);
  const outputs = [
    ...graph.outputs.filter(({ name }) => !inCells.has(name)),
    ...found.map(({ cell, next }) => ({ name: nextName(cell.name), value: next })),
  ].map(({ name, value }) => ({ name, value: renewal.value(value) }));
  return { graph: builder.build(outputs), cells: found.map(({ cell }) => cell) };
}

/** A cell and where it is in the graph as it was. */
interface FoundCell {
  readonly cell: StateCell;
  /** The members' inputs. */
  readonly inputs: readonly Value[];
  /** The vector that becomes the members' outputs. */
  readonly next: Value;
}

function foundCells(graph: Graph): readonly FoundCell[] {
  const inputs = new Map(graph.inputs.map((input) => [nextName(input.name), input]));
  const names = new Map(graph.outputs.map(({ name, value }) => [value, name]));
  const producers = producersOf(graph);
  const producing = new Set(graph.outputs.map(({ value }) => producers.get(value)));
  return [...producing].flatMap((node): FoundCell[] => {
    const next = node?.inputs[0];
    if (node === undefined || next?.shape.length !== 1 || !dividesVector(node)) return [];
    const before = node.outputs.flatMap((output) => {
      const input = inputs.get(names.get(output) ?? '');
      return input !== undefined && sameShape(input.shape, output.shape) ? [input] : [];
    });
    const [first] = before;
    if (first === undefined || before.length < node.outputs.length) return [];
    const members = before.map(({ name, shape }) => ({ name, shape }));
    return [{ cell: { name: `cell/${first.name}`, members }, inputs: before, next }];
  });
}

function dividesVector(node: Node): boolean {
  return node.op === 'Reshape' || (node.op === 'Split' && node.attributes.axis === 0);
}

function elementsOf({ members }: StateCell): number {
  return members.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

/** Values for the members of a cell. */
function partsOf(builder: GraphBuilder, vector: Value, cell: StateCell): readonly Value[] {
  const sizes = cell.members.map(({ shape }) => elementCount(shape));
  const [only] = cell.members;
  if (cell.members.length === 1 && only !== undefined) {
    const shape = builder.constant(int64(only.shape), 'shape');
    return [builder.add('Reshape', [vector, shape], {}, { name: only.name })];
  }
  const names = builder.constant(int64(sizes), 'sizes');
  return builder.addAll('Split', [vector, names], { axis: 0 }, { outputs: sizes.length });
}

/** What a graph makes of the members of a cell and is the same as the cell. */
function vectorsOf(graph: Graph, members: readonly Value[]): readonly Value[] {
  return graph.nodes.flatMap(({ op, inputs, outputs: [vector] }) => {
    if (vector?.shape.length !== 1) return [];
    const read = op === 'Reshape' ? inputs.slice(0, 1) : op === 'Concat' ? inputs : [];
    const same = read.length === members.length && read.every((each, at) => each === members[at]);
    return same ? [vector] : [];
  });
}
