import { describe, expect, it } from 'vitest';
import { GraphError } from '../../core/errors.js';
import { float32, int64, type Tensor, tensor, toNumbers } from '../../core/tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { runGraph } from '../../graph/engine.fixture.js';
import { expandComposites } from '../../graph/expansions/index.js';
import type { Value } from '../../graph/graph.js';
import { backward } from '../backward.js';

/** The gradient of the sum of what `make` builds from x. */
async function gradientAt(
  x: Tensor,
  make: (builder: GraphBuilder, x: Value) => Value,
): Promise<readonly number[]> {
  const builder = new GraphBuilder();
  const input = builder.input('x', x.dtype, x.shape);
  const loss = builder.add('ReduceSum', [make(builder, input)], { keepdims: 0 });
  const [value] = backward(builder, loss, [input]);
  if (value === undefined) throw new RangeError('no gradient');
  const results = await runGraph(expandComposites(builder.build([{ name: 'dx', value }])), { x });
  return results['dx'] === undefined ? [] : toNumbers(results['dx']);
}

function vector(...numbers: readonly number[]): Tensor {
  return float32([numbers.length], numbers);
}

function scalar(builder: GraphBuilder, value: number): Value {
  return builder.constant(float32([], [value]));
}

describe('at the kinks of clamps the gradient is 0, as in PyTorch and TensorFlow', () => {
  it('relu', async () => {
    const dx = await gradientAt(vector(-1, 0, 1), (graph, x) => graph.add('Relu', [x], {}));
    expect(dx).toEqual([0, 0, 1]);
  });

  it('relu6, with bounds known or fed', async () => {
    const x = vector(-1, 0, 3, 6, 7);
    const known = await gradientAt(x, (graph, value) =>
      graph.add('Clip', [value, scalar(graph, 0), scalar(graph, 6)], {}),
    );
    const fed = await gradientAt(x, (graph, value) => {
      const six = graph.add('Abs', [scalar(graph, -6)], {});
      return graph.add('Clip', [value, scalar(graph, 0), six], {});
    });
    expect(known).toEqual([0, 0, 1, 0, 0]);
    expect(fed).toEqual(known);
  });
});

describe('equal elements', () => {
  it('share the gradient of a maximum', async () => {
    const dx = await gradientAt(vector(2, 5, 5, 1), (graph, x) =>
      graph.add('ReduceMax', [x], { axes: [0], keepdims: 0 }),
    );
    expect(dx).toEqual([0, 0.5, 0.5, 0]);
  });

  it('share the gradient of a maximum of operands', async () => {
    const dx = await gradientAt(vector(-1, 0, 1), (graph, x) =>
      graph.add('Max', [x, scalar(graph, 0)], {}),
    );
    expect(dx).toEqual([0, 0.5, 1]);
  });

  it('leave the gradient of a max pool to the first of them', async () => {
    const image = float32([1, 1, 2, 4], [3, 3, 7, 1, 3, 3, 7, 7]);
    const dx = await gradientAt(image, (graph, x) =>
      graph.add('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] }),
    );
    expect(dx).toEqual([1, 0, 1, 0, 0, 0, 0, 0]);
  });
});

describe('powers', () => {
  it.each([
    [2, [-4, 0, 6]],
    [3, [12, 0, 27]],
    [1, [1, 1, 1]],
    [0, [0, 0, 0]],
  ] as const)('x^%i has a gradient at negative numbers and at 0', async (exponent, expected) => {
    const x = vector(-2, 0, 3);
    const real = await gradientAt(x, (graph, value) =>
      graph.add('Pow', [value, scalar(graph, exponent)], {}),
    );
    const whole = await gradientAt(x, (graph, value) =>
      graph.add('Pow', [value, graph.constant(int64([exponent], []))], {}),
    );
    for (const [at, number] of expected.entries()) {
      expect(real[at]).toBeCloseTo(number, 5);
      expect(whole[at]).toBeCloseTo(number, 5);
    }
  });

  it('of 0 do not depend on the exponent', async () => {
    const exponents = vector(1, 2);
    const dx = await gradientAt(exponents, (graph, x) =>
      graph.add('Pow', [graph.constant(vector(0, 1)), x], {}),
    );
    expect(dx).toEqual([0, 0]);
  });
});

describe('Where', () => {
  it('keeps a gradient that is not finite away from the side that was not chosen', async () => {
    const dx = await gradientAt(vector(4, 4), (graph, x) => {
      const condition = graph.constant(tensor('bool', [2], Uint8Array.of(0, 1)));
      const chosen = graph.add('Where', [condition, x, scalar(graph, 0)], {});
      return graph.add('Sqrt', [chosen], {});
    });
    expect(dx).toEqual([0, 0.25]);
  });
});

describe('element types', () => {
  it('gradients pass through a part in double precision', async () => {
    const dx = await gradientAt(vector(1, 2), (graph, x) => {
      const wide = graph.add('Cast', [x], { to: 11 });
      const square = graph.add('Mul', [graph.add('Tanh', [wide], {}), wide], {});
      return graph.add('Cast', [graph.add('ReduceMean', [square], {})], { to: 1 });
    });
    [1, 2].forEach((x, at) => {
      const expected = (Math.tanh(x) + x * (1 - Math.tanh(x) ** 2)) / 2;
      expect(dx[at]).toBeCloseTo(expected, 5);
    });
  });

  it('refuses gradients in half precision with what to do', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const half = builder.add('Sqrt', [builder.add('Cast', [x], { to: 10 })], {}, { name: 'root' });
    const wide = builder.add('Cast', [half], { to: 1 });
    const loss = builder.add('ReduceSum', [wide], { keepdims: 0 });
    expect(() => backward(builder, loss, [x])).toThrow(GraphError);
    expect(() => backward(builder, loss, [x])).toThrow(
      /Sqrt "root".*found float16.*cast to float32/,
    );
  });
});
