import { describe, expect, it } from 'vitest';
import type { DType } from '../../core/dtype.js';
import { seededRandom } from '../../core/random.js';
import { float32, int64, tensor } from '../../core/tensor.js';
import { GraphBuilder } from '../builder.js';
import { relativeDifference, runGraph } from '../engine.fixture.js';
import { constantsOf, type Graph, type Value } from '../graph.js';
import { randomTensor } from '../random-call.fixture.js';
import { verify } from '../verify.js';
import { cancelTransposes } from './cancel-transposes.js';
import { foldActivations } from './fold-activations.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { foldConstants } from './fold-constants.js';
import { mergeEqualNodes } from './merge-equal-nodes.js';
import { randomGraph } from './random-graph.fixture.js';
import { simplify } from './simplify.js';

const passes = {
  foldConstants,
  cancelTransposes,
  mergeEqualNodes,
  foldBatchNorm,
  foldActivations,
  simplify,
};

async function expectSame(before: Graph, after: Graph, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const feeds = Object.fromEntries(
    before.inputs.map(({ name, dtype, shape }) => [name, randomTensor(random, dtype, shape)]),
  );
  const expected = await runGraph(before, feeds);
  const found = await runGraph(after, feeds);
  for (const { name } of before.outputs) {
    expect(relativeDifference(found[name], expected[name]), `seed ${seed}`).toBeLessThan(1e-5);
  }
}

function operatorsOf({ nodes }: Graph): readonly string[] {
  return nodes.map(({ op }) => op);
}

describe.each(Object.entries(passes))('%s', (_name, pass) => {
  it('keeps what random graphs compute, and their inputs and outputs', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const graph = randomGraph(seededRandom(seed));
      const after = pass(graph);
      verify(after);
      expect(after.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
      expect(after.inputs).toEqual(graph.inputs);
      expect(after.outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => name));
      await expectSame(graph, after, seed);
    }
  });

  it('leaves its own result alone', () => {
    for (let seed = 0; seed < 40; seed++) {
      const once = pass(randomGraph(seededRandom(seed)));
      expect(operatorsOf(pass(once)), `seed ${seed}`).toEqual(operatorsOf(once));
    }
  });
});

/** A graph of one image input `x`. */
function graphOf(
  build: (builder: GraphBuilder, x: Value) => Value,
  shape: readonly number[] = [1, 2, 4, 4],
  dtype: DType = 'float32',
): Graph {
  const builder = new GraphBuilder();
  const value = build(builder, builder.input('x', dtype, shape));
  return builder.build([{ name: 'y', value }]);
}

const weights = float32([3, 2, 1, 1], [1, 2, 3, 4, 5, 6]);

function normalised(builder: GraphBuilder, x: Value): Value {
  const convolved = builder.add('Conv', [x, builder.constant(weights)], {});
  const statistics = [1, 2, 3, 4].map((at) => builder.constant(float32([3], [at, at + 1, at + 2])));
  return builder.add('BatchNormalization', [convolved, ...statistics], {});
}

describe('what passes make smaller', () => {
  it('convolution, batch norm and relu6 become a convolution and a clip', async () => {
    const graph = graphOf((builder, x) => {
      const relu = builder.add('Relu', [normalised(builder, x)], {});
      return builder.add('Min', [relu, builder.constant(float32([], [6]))], {});
    });
    const after = simplify(graph);
    expect(operatorsOf(after)).toEqual(['Conv', 'Clip']);
    await expectSame(graph, after, 1);
  });

  it('factors and offsets per channel after batch norm join the convolution too', async () => {
    const graph = graphOf((builder, x) => {
      const perChannel = builder.constant(float32([3, 1, 1], [2, -3, 4]));
      const scaled = builder.add('Mul', [perChannel, normalised(builder, x)], {});
      const moved = builder.add('Sub', [scaled, builder.constant(float32([], [5]))], {});
      return builder.add('Div', [moved, perChannel], {});
    });
    const after = simplify(graph);
    expect(operatorsOf(after)).toEqual(['Conv']);
    await expectSame(graph, after, 2);
  });

  it('batch norm stays where something else reads the convolution', async () => {
    const graph = graphOf((builder, x) => {
      const value = normalised(builder, x);
      const [convolved] = builder.producerOf(value)?.inputs ?? [];
      return builder.add('Add', [value, convolved], {});
    });
    const after = simplify(graph);
    expect(operatorsOf(after)).toEqual(['Conv', 'BatchNormalization', 'Add']);
    await expectSame(graph, after, 3);
  });

  it('a constant that is no number per channel stays', async () => {
    const graph = graphOf((builder, x) => {
      const convolved = builder.add('Conv', [x, builder.constant(weights)], {});
      const row = builder.constant(float32([4], [1, 2, 3, 4]));
      return builder.add('Add', [convolved, row], {});
    });
    expect(operatorsOf(simplify(graph))).toEqual(['Conv', 'Add']);
    await expectSame(graph, simplify(graph), 4);
  });

  it('transposes to the other layout and back vanish, also through identities', () => {
    const graph = graphOf((builder, x) => {
      const last = builder.add('Transpose', [x], { perm: [0, 2, 3, 1] });
      const same = builder.add('Identity', [last], {});
      const first = builder.add('Transpose', [same], { perm: [0, 3, 1, 2] });
      return builder.add('Relu', [first], {});
    });
    expect(operatorsOf(cancelTransposes(graph))).toEqual(['Relu']);
  });

  it('three transposes become one', async () => {
    const graph = graphOf((builder, x) =>
      [
        [1, 0, 3, 2],
        [2, 3, 0, 1],
        [0, 2, 1, 3],
      ].reduce((value, perm) => builder.add('Transpose', [value], { perm }), x),
    );
    const after = cancelTransposes(graph);
    expect(operatorsOf(after)).toEqual(['Transpose']);
    await expectSame(graph, after, 5);
  });

  it('equal nodes become one, unequal ones do not', () => {
    const graph = graphOf((builder, x) => {
      const leaky = (alpha: number) => builder.add('LeakyRelu', [x], { alpha });
      const sum = builder.add('Add', [leaky(0.1), leaky(0.1)], {});
      return builder.add('Add', [sum, leaky(0.2)], {});
    });
    const after = mergeEqualNodes(graph);
    expect(operatorsOf(after)).toEqual(['LeakyRelu', 'Add', 'LeakyRelu', 'Add']);
  });

  it('equal scalars and shapes become one, and nodes on them too, but for weights', async () => {
    const graph = graphOf((builder, x) => {
      const half = (value: number) => {
        const factor = builder.constant(float32([], [value]), 'factor');
        const flat = builder.constant(int64([1, -1]), 'shape');
        return builder.add('Reshape', [builder.add('Mul', [x, factor], {}), flat], {});
      };
      const sum = builder.add('Add', [half(0.5), half(0.5)], {});
      const other = builder.add('Add', [half(0), half(-0)], {});
      const [left, right] = [1, 2].map(() => builder.constant(float32([1], [3]), 'bias'));
      return [other, left, right].reduce<Value>((a, b) => builder.add('Add', [a, b], {}), sum);
    });
    const after = mergeEqualNodes(graph);
    expect(operatorsOf(after).join(' ')).toBe(
      'Mul Reshape Add Mul Reshape Mul Reshape Add Add Add Add',
    );
    const names = constantsOf(after).map(({ constant: { shape, data } }) => `${shape}:${data}`);
    expect(names.sort()).toEqual(['1:3', '1:3', '2:1,-1', ':0', ':0', ':0.5']);
    await expectSame(graph, after, 9);
  });

  it('attributes that are not finite tell nodes apart', () => {
    const graph = graphOf((builder, x) => {
      const bounds = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      const [a, b] = bounds.map((alpha) => builder.add('LeakyRelu', [x], { alpha }));
      return builder.add('Add', [a, b], {});
    });
    expect(operatorsOf(mergeEqualNodes(graph))).toEqual(['LeakyRelu', 'LeakyRelu', 'Add']);
  });

  it('shape arithmetic is worked out', () => {
    const graph = graphOf((builder, x) => {
      const shape = builder.add('Shape', [x], {});
      const channels = builder.add('Gather', [shape, builder.constant(int64([1]))], {});
      const parts = [builder.constant(int64([1, -1])), channels];
      return builder.add('Concat', parts, { axis: 0 });
    });
    const after = foldConstants(graph);
    expect(after.nodes).toHaveLength(0);
    expect(after.outputs[0]?.value.constant).toEqual(int64([1, -1, 2]));
  });
});

describe('clamps at the edge', () => {
  it('clamps that do not overlap stay two', async () => {
    const graph = graphOf((builder, x) => {
      const high = builder.add('Max', [x, builder.constant(float32([], [5]))], {});
      return builder.add('Min', [high, builder.constant(float32([], [2]))], {});
    });
    verify(foldActivations(graph));
    await expectSame(graph, foldActivations(graph), 6);
  });

  it('a bound that gives its input more axes stays what it is', async () => {
    const graph = graphOf(
      (builder, x) => builder.add('Max', [x, builder.constant(float32([1, 1], [0]))], {}),
      [3],
    );
    const after = foldActivations(graph);
    expect(after.outputs[0]?.value.shape).toEqual([1, 3]);
    await expectSame(graph, after, 7);
  });

  it.each([
    tensor('uint8', [], Uint8Array.of(0)),
    tensor('int32', [], Int32Array.of(0)),
    tensor('int64', [], BigInt64Array.of(0n)),
  ])('$dtype is clamped to zero from below', async (zero) => {
    const graph = graphOf((b, x) => b.add('Clip', [x, b.constant(zero)], {}), [5], zero.dtype);
    await expectSame(graph, foldActivations(graph), 8);
  });
});
