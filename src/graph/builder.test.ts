import { describe, expect, it } from 'vitest';
import { GraphError } from '../core/errors.js';
import { float32, int64 } from '../core/tensor.js';
import { describeNode, GraphBuilder } from './builder.js';
import { constantsOf, type Graph, useCounts } from './graph.js';
import { rewrite } from './rewrite.js';
import { verify } from './verify.js';

const shape = [1, 3, 8, 8];
const weights = float32([4, 3, 3, 3], new Float32Array(108));

function convolutionGraph(): Graph {
  const builder = new GraphBuilder();
  const image = builder.input('image', 'float32', shape);
  const value = builder.add('Conv', [image, builder.constant(weights, 'weights')], {});
  return builder.build([{ name: 'features', value: builder.add('Relu', [value], {}) }]);
}

describe('a builder', () => {
  it('knows type and shape of a value as soon as its node is added', () => {
    const builder = new GraphBuilder();
    const image = builder.input('image', 'float32', shape);
    const value = builder.add('Conv', [image, builder.constant(weights)], { strides: [2, 2] });
    expect(value).toMatchObject({ dtype: 'float32', shape: [1, 4, 3, 3] });
    expect(builder.producerOf(value)?.attributes).toEqual({
      strides: [2, 2],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
      group: 1,
    });
  });

  it('refuses a node from the line that adds it, naming operator, expected and found', () => {
    const builder = new GraphBuilder();
    const image = builder.input('image', 'float32', [1, 5, 8, 8]);
    const add = () => builder.add('Conv', [image, builder.constant(weights)], {}, { name: 'stem' });
    expect(add).toThrow(
      'Conv "stem": weights and input disagree on the channels (expected 3 x 1 groups = 3, found 5)',
    );
  });

  it('refuses indices that reach beyond the data beside their axis', () => {
    const builder = new GraphBuilder();
    const data = builder.input('data', 'float32', [2, 1, 2]);
    const gather = (...indices: readonly number[]) => {
      const picked = builder.input(`${indices}`, 'int64', indices);
      return builder.add('GatherElements', [data, picked], { axis: 2 }).shape;
    };
    expect(gather(1, 1, 5)).toEqual([1, 1, 5]);
    expect(() => gather(4, 1, 2)).toThrow(/larger than the data .*at most \[2, 1, 2\]/);
  });

  it('refuses attributes that an operator does not have, and the lack of one that it needs', () => {
    const builder = new GraphBuilder();
    const image = builder.input('image', 'float32', shape);
    expect(() => builder.add('Relu', [image], { alpha: 1 } as never)).toThrow(
      'Relu "Relu": no attribute "alpha" (expected none)',
    );
    expect(() => builder.add('Transpose', [image], {} as never)).toThrow(
      /attribute "perm" is missing/,
    );
  });

  it.each([
    [0, '1 to 3', 'Clip' as const],
    [4, '1 to 3', 'Clip' as const],
    [1, '2', 'Add' as const],
  ])('refuses %i inputs where %s are wanted', (count, wanted, op) => {
    const builder = new GraphBuilder();
    const image = builder.input('image', 'float32', shape);
    const inputs = new Array<typeof image>(count).fill(image);
    expect(() => builder.add(op, inputs, {})).toThrow(
      `${op} "${op}": the wrong number of inputs (expected ${wanted}, found ${count})`,
    );
  });

  it('gives every value a name of its own', () => {
    const builder = new GraphBuilder();
    const image = builder.input('a', 'float32', shape);
    const names = [
      builder.constant(float32([], [1]), 'a').name,
      builder.add('Relu', [image], {}, { name: 'a' }).name,
      ...builder
        .addAll('Split', [image], { axis: 2 }, { name: 'a', outputs: 4 })
        .map(({ name }) => name),
    ];
    expect(new Set(['a', ...names]).size).toBe(7);
    expect(() => builder.input('a', 'float32', shape)).toThrow(
      'graph input "a": the name is taken',
    );
  });

  it('leaves out nodes on which no output depends', () => {
    const builder = new GraphBuilder();
    const image = builder.input('image', 'float32', shape);
    builder.add('Exp', [image], {});
    const graph = builder.build([{ name: 'y', value: builder.add('Abs', [image], {}) }]);
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Abs']);
  });

  it('wants outputs, each of a name of its own', () => {
    const builder = new GraphBuilder();
    const value = builder.input('image', 'float32', shape);
    expect(() => builder.build([])).toThrow(/outputs with names of their own \(found none\)/);
    const twice = [value, value].map((each) => ({ name: 'y', value: each }));
    expect(() => builder.build(twice)).toThrow(/found y, y/);
  });

  it('says of a node in one line what it does to shapes', () => {
    const [conv] = convolutionGraph().nodes;
    expect(conv && describeNode(conv)).toBe(
      'Conv "Conv": [1, 3, 8, 8], [4, 3, 3, 3] -> [1, 4, 6, 6]',
    );
  });
});

describe('a check of a graph', () => {
  it('passes what the builder made', () => {
    expect(() => verify(convolutionGraph())).not.toThrow();
  });

  it.each<[string, (graph: Graph) => Graph, RegExp]>([
    [
      'nodes out of order',
      (graph) => ({ ...graph, nodes: graph.nodes.toReversed() }),
      /reads "Conv" before it is made/,
    ],
    ['a missing input', (graph) => ({ ...graph, inputs: [] }), /reads "image" before/],
    [
      'an output that nothing makes',
      (graph) => ({ ...graph, nodes: graph.nodes.slice(0, 1) }),
      /graph output "features": reads "Relu"/,
    ],
    [
      'a name given twice',
      (graph) => ({ ...graph, inputs: graph.inputs.map((input) => ({ ...input, name: 'Conv' })) }),
      /reads "image"|two values share the name/,
    ],
    [
      'a result of another shape than the rule says',
      (graph) => replaceOutputs(graph, (value) => ({ ...value, shape: [1, 4, 7, 7] })),
      /output 0 is not what the shape rule says \(expected float32\[1, 4, 6, 6\], found/,
    ],
    [
      'a result of another type',
      (graph) => replaceOutputs(graph, (value) => ({ ...value, dtype: 'int32' })),
      /found int32\[1, 4, 6, 6\]/,
    ],
  ])('finds %s', (_title, broken, message) => {
    const graph = broken(convolutionGraph());
    expect(() => verify(graph)).toThrow(GraphError);
    expect(() => verify(graph)).toThrow(message);
  });

  it('finds a constant that does not fill its shape', () => {
    const graph = convolutionGraph();
    const [constant] = constantsOf(graph);
    if (constant === undefined) throw new TypeError('no constant');
    const short = { ...constant, constant: { ...weights, data: new Float32Array(107) } };
    const [conv, relu] = graph.nodes;
    if (conv === undefined || relu === undefined) throw new TypeError('no nodes');
    const broken = { ...conv, inputs: [conv.inputs[0], short] } as typeof conv;
    expect(() => verify({ ...graph, nodes: [broken, relu] })).toThrow(
      'constant "weights": the array does not fill the shape (expected 108 elements, found 107)',
    );
  });
});

type Change = (value: Graph['inputs'][number]) => Graph['inputs'][number];

/** The graph with another record of what its first node gives. */
function replaceOutputs(graph: Graph, change: Change): Graph {
  const [first, ...rest] = graph.nodes;
  if (first === undefined) return graph;
  return {
    ...graph,
    nodes: [{ ...first, outputs: first.outputs.map(change) } as typeof first, ...rest],
  };
}

describe('a rewrite', () => {
  it('keeps names and types of inputs and outputs, and what nothing changes', () => {
    const graph = convolutionGraph();
    const same = rewrite(graph, (_node, { keep }) => keep());
    verify(same);
    expect(same.inputs).toEqual(graph.inputs);
    expect(same.outputs.map(({ name }) => name)).toEqual(['features']);
    expect(same.nodes.map(({ op }) => op)).toEqual(['Conv', 'Relu']);
  });

  it('counts how often each value is read, as an output too', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', shape);
    const sum = builder.add('Add', [x, x], {});
    const graph = builder.build([
      { name: 'a', value: sum },
      { name: 'b', value: builder.add('Reshape', [sum, builder.constant(int64([-1]))], {}) },
    ]);
    const counts = useCounts(graph);
    expect(counts.get(x)).toBe(2);
    expect(counts.get(sum)).toBe(2);
  });
});
