import { describe, expect, it } from 'vitest';
import { graphToOnnx } from '../../../src/convert/onnx/graph-to-onnx.js';
import { seededRandom } from '../../../src/core/random.js';
import { float32, int64, type Tensor } from '../../../src/core/tensor.js';
import { writeOnnx } from '../../../src/formats/onnx/index.js';
import { GraphBuilder } from '../../../src/graph/builder.js';
import type { Graph } from '../../../src/graph/graph.js';
import { nodeRuntime } from '../../../src/runtime/node/index.js';
import { batchGraph } from './batch-graph.js';

const random = seededRandom(5);
const noise = (...shape: number[]): Tensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  return float32(
    shape,
    Float32Array.from({ length: count }, () => random.normal()),
  );
};

/** Pixels through a convolution, an image pooling branch, a resize and a reshape. */
function network(): Graph {
  const builder = new GraphBuilder();
  const image = builder.input('image', 'float32', [1, 6, 8, 3]);
  const planes = builder.add('Transpose', [image], { perm: [0, 3, 1, 2] });
  const weights = builder.constant(noise(4, 3, 3, 3), 'weights');
  const features = builder.add('Conv', [planes, weights], { pads: [1, 1, 1, 1] });
  const pooled = builder.add('GlobalAveragePool', [features], {});
  const shape = builder.constant(int64([1, 4, 6, 8]), 'shape');
  const spread = builder.add('Expand', [pooled, shape], {});
  const sum = builder.add('Add', [features, spread], {});
  const sizes = builder.constant(int64([1, 4, 12, 16]), 'sizes');
  const large = builder.add('Resize', [sum, undefined, undefined, sizes], { mode: 'linear' });
  const flat = builder.constant(int64([1, 4, 192]), 'flat');
  const scores = builder.add('Reshape', [large, flat], {});
  return builder.build([{ name: 'scores', value: scores }]);
}

async function run(graph: Graph, image: Tensor): Promise<Float32Array> {
  const session = await nodeRuntime({ worker: false }).open(writeOnnx(graphToOnnx(graph)), {});
  const { scores } = await session.run({ image });
  await session.dispose();
  if (scores?.dtype !== 'float32') throw new Error('no scores');
  return scores.data;
}

describe('a graph for batches', () => {
  it('gives for each picture what the graph for one gives', async () => {
    const single = network();
    const batched = batchGraph(single, 3, 'model');
    expect(batched.outputs[0]?.value.shape).toEqual([3, 4, 192]);
    const pictures = [noise(1, 6, 8, 3), noise(1, 6, 8, 3), noise(1, 6, 8, 3)];
    const together = pictures.flatMap(({ data }) => Array.from(data as Float32Array));
    const results = await run(batched, float32([3, 6, 8, 3], together));
    for (const [index, picture] of pictures.entries()) {
      const own = await run(single, picture);
      const part = results.subarray(index * own.length, (index + 1) * own.length);
      own.forEach((score, at) => {
        expect(part[at]).toBeCloseTo(score, 4);
      });
    }
  });

  it('refuses a graph that mixes its pictures', () => {
    const builder = new GraphBuilder();
    const image = builder.input('image', 'float32', [1, 6, 8, 3]);
    const flat = builder.add('Reshape', [image, builder.constant(int64([48, 3]), 'flat')], {});
    const graph = builder.build([{ name: 'scores', value: flat }]);
    expect(() => batchGraph(graph, 2, 'model.onnx')).toThrow(
      /^model\.onnx: it cannot run in batches: .*; leave --batch out$/,
    );
  });
});
