import { describe, expect, it } from 'vitest';
import { float32, int64, type Shape, tensor } from '../core/tensor.js';
import { GraphBuilder } from './builder.js';
import { costOf } from './cost.js';
import type { Value } from './graph.js';
import { peakActivationBytes } from './memory.js';

function weights(builder: GraphBuilder, shape: Shape): Value {
  const count = shape.reduce((product, size) => product * size, 1);
  return builder.constant(float32(shape, new Float32Array(count)));
}

describe('the cost of a graph', () => {
  it('counts multiply-adds as the literature does: padding included, bias not', () => {
    const builder = new GraphBuilder();
    const image = builder.input('image', 'float32', [1, 3, 10, 10]);
    const filters = [weights(builder, [8, 3, 3, 3]), weights(builder, [8])];
    const features = builder.add('Conv', [image, ...filters], {
      pads: [1, 1, 1, 1],
      strides: [2, 2],
    });
    const depthwise = builder.add('Conv', [features, weights(builder, [8, 1, 3, 3])], {
      pads: [1, 1, 1, 1],
      group: 8,
    });
    const up = builder.add('ConvTranspose', [depthwise, weights(builder, [8, 4, 2, 2])], {
      strides: [2, 2],
    });
    const cost = costOf(builder.build([{ name: 'y', value: builder.add('Relu', [up], {}) }]));
    expect(cost.multiplyAdds).toBe(8 * 5 * 5 * 27 + 8 * 5 * 5 * 9 + 8 * 5 * 5 * 4 * 2 * 2);
    expect(cost.parameters).toBe(8 * 27 + 8 + 72 + 8 * 4 * 4);
    expect(cost.constantBytes).toBe(4 * cost.parameters);
    expect([...cost.operators]).toEqual([
      ['Conv', 2],
      ['ConvTranspose', 1],
      ['Relu', 1],
    ]);
  });

  it('counts matrix products, transposed or not', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [5, 7]);
    const product = builder.add('MatMul', [x, weights(builder, [7, 3])], {});
    const gemm = builder.add('Gemm', [product, weights(builder, [5, 2]), weights(builder, [2])], {
      transA: 1,
    });
    const cost = costOf(builder.build([{ name: 'y', value: gemm }]));
    expect(cost.multiplyAdds).toBe(5 * 3 * 7 + 3 * 2 * 5);
    expect(cost.parameters).toBe(21 + 10 + 2);
  });

  it('counts weights that are read twice once, and axes as no parameters', () => {
    const builder = new GraphBuilder();
    const shared = weights(builder, [3, 3, 1, 1]);
    const image = builder.input('image', 'float32', [1, 3, 4, 4]);
    const once = builder.add('Conv', [image, shared], {});
    const twice = builder.add('Conv', [once, shared], {});
    const flat = builder.add('Reshape', [twice, builder.constant(int64([3, 16]))], {});
    const cost = costOf(builder.build([{ name: 'y', value: flat }]));
    expect(cost.parameters).toBe(9);
    expect(cost.constantBytes).toBe(9 * 4 + 2 * 8);
    expect(cost.multiplyAdds).toBe(2 * 3 * 16 * 3);
  });

  it('counts 8-bit weights in their own bytes', () => {
    const builder = new GraphBuilder();
    const scale = builder.constant(float32([], [1]));
    const zero = builder.constant(tensor('uint8', [], Uint8Array.of(0)));
    const filters = builder.constant(tensor('uint8', [2, 3, 1, 1], new Uint8Array(6)));
    const image = builder.input('image', 'uint8', [1, 3, 4, 4]);
    const inputs = [image, scale, zero, filters, scale, zero, scale, zero];
    const cost = costOf(
      builder.build([{ name: 'y', value: builder.add('QLinearConv', inputs, {}) }]),
    );
    expect(cost).toMatchObject({
      parameters: 6,
      constantBytes: 6 + 4 + 1,
      multiplyAdds: 2 * 16 * 3,
    });
  });
});

describe('the memory that values take at once', () => {
  const bytes = 4 * 100;

  it('is that of two values in a chain, however long', () => {
    const builder = new GraphBuilder();
    let value = builder.input('x', 'float32', [100]);
    for (let step = 0; step < 9; step++) value = builder.add('Relu', [value], {});
    expect(peakActivationBytes(builder.build([{ name: 'y', value }]))).toBe(2 * bytes);
  });

  it('keeps a value for its last reader, and outputs to the end', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [100]);
    const a = builder.add('Relu', [x], {});
    const b = builder.add('Exp', [a], {});
    const c = builder.add('Abs', [b], {});
    const sum = builder.add('Add', [c, x], {});
    // While c is made, x waits for the sum and b is read.
    expect(peakActivationBytes(builder.build([{ name: 'y', value: sum }]))).toBe(3 * bytes);
    const outputs = [a, sum].map((value, at) => ({ name: `y${at}`, value }));
    expect(peakActivationBytes(builder.build(outputs))).toBe(4 * bytes);
  });

  it('does not count constants, and counts small types small', () => {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', [100]);
    const sum = builder.add('Add', [x, weights(builder, [100])], {});
    const flags = builder.add('Greater', [sum, weights(builder, [])], {});
    expect(peakActivationBytes(builder.build([{ name: 'y', value: flags }]))).toBe(2 * bytes);
  });
});
