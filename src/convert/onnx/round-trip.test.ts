import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { float32 } from '../../core/tensor.js';
import { type OnnxModel, readOnnx, writeOnnx } from '../../formats/onnx/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import { canonical } from '../../graph/canonical.fixture.js';
import { runGraph } from '../../graph/engine.fixture.js';
import type { Graph } from '../../graph/graph.js';
import { randomGraph } from '../../graph/passes/random-graph.fixture.js';
import { simplify } from '../../graph/passes/simplify.js';
import { engineOperators, graphOfCall, randomCall } from '../../graph/shape-rules/calls.fixture.js';
import { verify } from '../../graph/verify.js';
import { graphToOnnx } from './graph-to-onnx.js';
import { onnxToGraph } from './onnx-to-graph.js';

function reread(graph: Graph): Graph {
  return onnxToGraph(readOnnx(writeOnnx(graphToOnnx(graph)), 'm.onnx'), new Map(), 'm.onnx');
}

describe('a graph that went through an ONNX file', () => {
  // A shape is worked out while reading, so no node of it is left.
  const kept = engineOperators.filter((op) => op !== 'Shape');

  it.each(kept)('is the same: %s', (op) => {
    const random = seededRandom(100 + kept.indexOf(op));
    for (let round = 0; round < 10; round++) {
      const call = randomCall(op, random);
      // Nodes of constants alone would be worked out.
      const inputs = call.inputs.map((input, at) =>
        input !== undefined && at === 0 && input.role === 'known' && call.inputs.length < 9
          ? { ...input, role: 'fed' as const }
          : input,
      );
      const graph = graphOfCall({ ...call, inputs });
      const again = reread(graph);
      verify(again);
      expect(canonical(again)).toEqual(canonical(graph));
    }
  });

  it('is the same for random networks, before and after the passes', () => {
    for (let seed = 0; seed < 60; seed++) {
      const simple = simplify(randomGraph(seededRandom(seed)));
      // A value that is two outputs is copied in the file; the passes undo that.
      expect(canonical(simplify(reread(simple))), `seed ${seed}`).toEqual(canonical(simple));
    }
  });

  it('carries its metadata', () => {
    const metadata = new Map([['atrous', '{"labels": ["cat"]}']]);
    const record = graphToOnnx(randomGraph(seededRandom(1)), metadata);
    expect(readOnnx(writeOnnx(record), 'm.onnx').metadata).toEqual(metadata);
  });
});

/** Names that occur twice where ONNX wants each once. */
function repeatedNames({ graph }: OnnxModel): readonly string[] {
  const values = [
    ...graph.initializers.map(({ name }) => name),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ];
  const nodes = graph.nodes.map(({ name }) => name);
  return [values, nodes].flatMap((names) => names.filter((name, at) => names.indexOf(name) !== at));
}

describe('names in a file', () => {
  it('are each given once, whatever the values are called', async () => {
    const awkward = ['y', 'y/1', 'x', 'Identity', 'y_1', 'constant'];
    for (const first of awkward) {
      for (const second of awkward) {
        const builder = new GraphBuilder();
        const x = builder.input('x', 'float32', [2]);
        const weights = builder.constant(float32([2], [1, 2]), first);
        const inner = builder.add('Add', [x, weights], {}, { name: second });
        const last = builder.add('Mul', [inner, weights], {}, { name: first });
        const graph = builder.build([
          { name: 'y', value: last },
          { name: 'y/1', value: last },
          { name: 'constant', value: weights },
          { name: 'Identity', value: x },
          { name: 'y_1', value: inner },
        ]);
        const record = graphToOnnx(graph);
        expect(repeatedNames(record), `${first}, ${second}`).toEqual([]);
        const results = await runGraph(graph, { x: float32([2], [10, 20]) });
        expect(results).toEqual({
          y: float32([2], [11, 44]),
          'y/1': float32([2], [11, 44]),
          constant: float32([2], [1, 2]),
          Identity: float32([2], [10, 20]),
          y_1: float32([2], [11, 22]),
        });
      }
    }
  });

  it('are each given once in random networks', () => {
    for (let seed = 0; seed < 100; seed++) {
      const graph = randomGraph(seededRandom(seed));
      for (const each of [graph, simplify(graph), reread(graph)]) {
        expect(repeatedNames(graphToOnnx(each)), `seed ${seed}`).toEqual([]);
      }
    }
  });

  it('of an output cannot be that of another input', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const value = builder.add('Relu', [x], {});
    expect(() => builder.build([{ name: 'x', value }])).toThrow(
      'graph output "x": an input has the name',
    );
    expect(builder.build([{ name: 'x', value: x }]).outputs).toHaveLength(1);
  });
});
