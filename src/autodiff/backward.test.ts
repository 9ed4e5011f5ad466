import { describe, expect, it } from 'vitest';
import { GraphError } from '../core/errors.js';
import { float32, int64, type Tensor, toNumbers } from '../core/tensor.js';
import { GraphBuilder } from '../graph/builder.js';
import { runGraph } from '../graph/engine.fixture.js';
import { expandComposites } from '../graph/expansions/index.js';
import type { Value } from '../graph/graph.js';
import { backward } from './backward.js';

function vector(...numbers: readonly number[]): Tensor {
  return float32([numbers.length], numbers);
}

function sumOf(builder: GraphBuilder, value: Value): Value {
  return builder.add('ReduceSum', [value], { keepdims: 0 });
}

async function evaluate(
  builder: GraphBuilder,
  values: readonly Value[],
  feeds: Readonly<Record<string, Tensor>>,
): Promise<readonly (readonly number[])[]> {
  const outputs = values.map((value, at) => ({ name: `out${at}`, value }));
  const results = await runGraph(expandComposites(builder.build(outputs)), feeds);
  return outputs.map(({ name }) => (results[name] ? toNumbers(results[name]) : []));
}

describe('backward', () => {
  it('adds up the gradients of a value that is used several times', async () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const square = builder.add('Mul', [x, x], {});
    const cube = builder.add('Mul', [square, x], {});
    const all = builder.add('Add', [builder.add('Add', [square, cube], {}), x], {});
    const gradients = backward(builder, sumOf(builder, all), [x]);
    // d(x^3 + x^2 + x) = 3 x^2 + 2 x + 1
    expect(await evaluate(builder, gradients, { x: vector(2, -1) })).toEqual([[17, 2]]);
  });

  it('gives gradients of values inside the graph, and of the loss itself', async () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const doubled = builder.add('Add', [x, x], {});
    const loss = sumOf(builder, builder.add('Mul', [doubled, doubled], {}));
    const gradients = backward(builder, loss, [loss, doubled, x]);
    const [ofLoss, ofDoubled, ofX] = await evaluate(builder, gradients, { x: vector(1, 3) });
    expect([ofLoss, ofDoubled, ofX]).toEqual([[1], [4, 12], [8, 24]]);
  });

  it('gives each parameter a gradient of its own shape', async () => {
    const builder = new GraphBuilder();
    const image = builder.input('image', 'float32', [2, 3, 4, 4]);
    const bias = builder.input('bias', 'float32', [3, 1, 1]);
    const factor = builder.input('factor', 'float32', []);
    const scaled = builder.add('Mul', [builder.add('Add', [image, bias], {}), factor], {});
    const gradients = backward(builder, sumOf(builder, scaled), [bias, factor]);
    expect(gradients.map(({ shape }) => shape)).toEqual([[3, 1, 1], []]);
  });

  it('ends at operators that are constant in steps', async () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [3]);
    const mask = builder.add('Greater', [x, builder.constant(float32([], [0]))], {});
    const weight = builder.add('Cast', [mask], { to: 1 });
    const rounded = builder.add('Round', [x], {});
    const both = builder.add('Add', [builder.add('Mul', [weight, x], {}), rounded], {});
    const gradients = backward(builder, sumOf(builder, both), [x]);
    expect(await evaluate(builder, gradients, { x: vector(-2, 0.5, 3) })).toEqual([[0, 1, 1]]);
  });

  it('forms only the gradients that parameters need', () => {
    const builder = new GraphBuilder();
    const image = builder.input('image', 'float32', [1, 3, 8, 8]);
    const first = builder.input('first', 'float32', [4, 3, 3, 3]);
    const second = builder.input('second', 'float32', [2, 4, 1, 1]);
    const hidden = builder.add('Relu', [builder.add('Conv', [image, first], {})], {});
    const loss = sumOf(builder, builder.add('Conv', [hidden, second], {}));
    const before = builder.nodes.length;
    const added = (parameters: readonly Value[]): readonly string[] => {
      const start = builder.nodes.length;
      backward(builder, loss, parameters);
      return builder.nodes.slice(start).map(({ op }) => op);
    };
    // Not the gradient of the frozen first layer, nor that of the image.
    const last = added([second]);
    expect(last).toContain('ConvWeightGradient');
    expect(last).not.toContain('ConvTranspose');
    expect(last).not.toContain('ClipGradient');
    const both = added([first, second]);
    expect(both.filter((op) => op === 'ConvTranspose')).toHaveLength(1);
    expect(both.filter((op) => op === 'ConvWeightGradient')).toHaveLength(2);
    expect(builder.nodes.slice(0, before).map(({ op }) => op)).toEqual([
      'Conv',
      'Relu',
      'Conv',
      'ReduceSum',
    ]);
  });

  it('asks no gradient of operators that no parameter comes through', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [2]);
    const stored = builder.input('stored', 'uint8', [2]);
    const scale = builder.constant(float32([], [0.5]));
    const zero = builder.constant({ dtype: 'uint8', shape: [], data: Uint8Array.of(0) });
    const target = builder.add('DequantizeLinear', [stored, scale, zero], {});
    const loss = sumOf(builder, builder.add('Mul', [x, target], {}));
    expect(backward(builder, loss, [x])).toHaveLength(1);
  });

  it('follows each part of a Split, used or not', async () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [4]);
    const sizes = builder.constant(int64([1, 2, 1]));
    const [, middle = x] = builder.addAll('Split', [x, sizes], { axis: 0 }, { outputs: 3 });
    const gradients = backward(builder, sumOf(builder, middle), [x]);
    expect(await evaluate(builder, gradients, { x: vector(1, 2, 3, 4) })).toEqual([[0, 1, 1, 0]]);
  });
});

describe('backward refuses', () => {
  function refusal(build: (builder: GraphBuilder) => [loss: Value, parameters: Value[]]): string {
    const builder = new GraphBuilder();
    const [loss, parameters] = build(builder);
    try {
      backward(builder, loss, parameters);
      return 'nothing';
    } catch (error) {
      expect(error).toBeInstanceOf(GraphError);
      return error instanceof GraphError ? error.message : '';
    }
  }

  it('a loss that is no single number', () => {
    const message = refusal((builder) => {
      const x = builder.input('x', 'float32', [2, 3]);
      return [builder.add('Relu', [x], {}, { name: 'activations' }), [x]];
    });
    expect(message).toBe(
      'loss "activations": a loss is a single number (expected float32 [], found float32 [2, 3])',
    );
  });

  it('a loss of whole numbers', () => {
    const message = refusal((builder) => {
      const x = builder.input('x', 'int64', []);
      return [x, [x]];
    });
    expect(message).toMatch(/^loss "x": .*found int64 \[\]/);
  });

  it('a parameter that the loss does not depend on', () => {
    const message = refusal((builder) => {
      const x = builder.input('x', 'float32', [2]);
      const unused = builder.input('unused', 'float32', [2]);
      return [sumOf(builder, x), [x, unused]];
    });
    expect(message).toMatch(/^parameter "unused": the loss does not depend on it/);
  });

  it('a parameter that acts on the loss only in steps', () => {
    const message = refusal((builder) => {
      const x = builder.input('x', 'float32', [2]);
      return [sumOf(builder, builder.add('Floor', [x], {})), [x]];
    });
    expect(message).toMatch(/^parameter "x": the loss does not depend on it/);
  });

  it('a way through an operator without a gradient, and says why', () => {
    const message = refusal((builder) => {
      const x = builder.input('x', 'float32', [2]);
      const scale = builder.constant(float32([], [0.5]));
      const zero = builder.constant({ dtype: 'uint8', shape: [], data: Uint8Array.of(0) });
      const quantised = builder.add('QuantizeLinear', [x, scale, zero], {}, { name: 'stored' });
      return [sumOf(builder, builder.add('DequantizeLinear', [quantised, scale, zero], {})), [x]];
    });
    expect(message).toMatch(/^gradient of DequantizeLinear .*train the float model/);
  });

  it('a loss on the statistics of a batch', () => {
    const message = refusal((builder) => {
      const x = builder.input('x', 'float32', [2, 3, 4, 4]);
      const gamma = builder.input('gamma', 'float32', [3]);
      const [, mean = x] = builder.addAll(
        'BatchNormTraining',
        [x, gamma, gamma],
        {},
        { name: 'norm', outputs: 3 },
      );
      return [sumOf(builder, mean), [x]];
    });
    expect(message).toMatch(/^gradient of BatchNormTraining "norm": /);
  });

  it('products that are scattered', () => {
    const message = refusal((builder) => {
      const x = builder.input('x', 'float32', [2]);
      const indices = builder.constant(int64([0]));
      const one = builder.constant(vector(2));
      const y = builder.add('ScatterElements', [x, indices, one], { reduction: 'mul' });
      return [sumOf(builder, y), [x]];
    });
    expect(message).toMatch(/^gradient of ScatterElements .*found "mul"/);
  });
});
