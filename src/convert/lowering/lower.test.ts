import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { tensor } from '../../core/tensor.js';
import { writeOnnx } from '../../formats/onnx/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Graph } from '../../graph/graph.js';
import { signWeights } from '../../graph/passes/sign-weights.js';
import { verify } from '../../graph/verify.js';
import { nodeRuntime } from '../../runtime/node/index.js';
import { graphToOnnx } from '../onnx/graph-to-onnx.js';
import { lower } from './lower.js';

const random = seededRandom(41);
const runtime = nodeRuntime({ worker: false });
const imageShape = [1, 24, 9, 9];

function bytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.integer(0, 255));
}

function scalar(builder: GraphBuilder, value: number, dtype: 'float32' | 'uint8') {
  return builder.constant(
    dtype === 'uint8'
      ? tensor('uint8', [], Uint8Array.of(value))
      : tensor('float32', [], Float32Array.of(value)),
  );
}

/** One 8-bit convolution with weights that fill their range. */
function convolution(kernel: number, group: number): Graph {
  const builder = new GraphBuilder();
  const shape = [24, 24 / group, kernel, kernel];
  const filters = tensor('uint8', shape, bytes(shape.reduce((a, b) => a * b)));
  const value = builder.add(
    'QLinearConv',
    [
      builder.input('image', 'uint8', imageShape),
      scalar(builder, 0.02, 'float32'),
      scalar(builder, 119, 'uint8'),
      builder.constant(filters),
      scalar(builder, 0.013, 'float32'),
      scalar(builder, 131, 'uint8'),
      scalar(builder, 0.03 * kernel * Math.sqrt(24 / group), 'float32'),
      scalar(builder, 128, 'uint8'),
    ],
    { group },
  );
  return builder.build([{ name: 'sums', value }]);
}

async function run(graph: Graph, image: Uint8Array): Promise<readonly number[]> {
  const session = await runtime.open(writeOnnx(graphToOnnx(graph)));
  const { sums } = await session.run({ image: tensor('uint8', imageShape, image) });
  await session.dispose();
  return Array.from(sums?.data ?? [], Number);
}

describe('lowering of 8-bit graphs', () => {
  it.each([
    [1, 1],
    [3, 1],
    [3, 24],
  ])('changes no number that a %ix%i convolution gives', async (kernel, group) => {
    const graph = convolution(kernel, group);
    const image = bytes(24 * 81);
    const lowered = await lower(graph, runtime, {});
    expect(await run(lowered, image)).toEqual(await run(graph, image));
  });

  it('signs weights and their zero point alone', () => {
    const signed = signWeights(convolution(3, 1));
    verify(signed);
    const types = signed.nodes[0]?.inputs.map((input) => input?.dtype);
    expect(types?.[3]).toBe('int8');
    expect(types?.[5]).toBe('int8');
    expect(types?.filter((dtype) => dtype === 'int8')).toHaveLength(2);
  });

  it('leaves graphs of real numbers as they are', async () => {
    const builder = new GraphBuilder();
    const value = builder.add('Relu', [builder.input('x', 'float32', [2])], {});
    const graph = builder.build([{ name: 'y', value }]);
    expect(await lower(graph, runtime, {})).toBe(graph);
  });
});
