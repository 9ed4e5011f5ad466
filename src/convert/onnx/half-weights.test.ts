import { expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { type Tensor, tensor, toNumbers } from '../../core/tensor.js';
import { writeOnnx } from '../../formats/onnx/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import { relativeDifference, runGraph } from '../../graph/engine.fixture.js';
import { constantsOf, type Graph } from '../../graph/graph.js';
import { verify } from '../../graph/verify.js';
import { graphToOnnx } from './graph-to-onnx.js';
import { halveWeights } from './half-weights.js';

const random = seededRandom(1);
const bias = tensor('float32', [16], Float32Array.from({ length: 16 }, random.normal));

/** Three convolutions, the first two with the same weights. */
function convolutionsOf(first: Float32Array, second: Float32Array): Graph {
  const builder = new GraphBuilder();
  const weights = (data: Float32Array) => builder.constant(tensor('float32', [16, 16, 1, 1], data));
  const shared = weights(first);
  const x = builder.input('x', 'float32', [1, 16, 8, 8]);
  const a = builder.add('Conv', [x, shared, builder.constant(bias)], {});
  const b = builder.add('Conv', [a, shared], {});
  return builder.build([{ name: 'y', value: builder.add('Conv', [b, weights(second)], {}) }]);
}

it('halves the file and rounds weights to the nearest half-precision number', async () => {
  const data = () => Float32Array.from({ length: 256 }, () => 0.2 * random.normal());
  const [first, second] = [data(), data()];
  const graph = convolutionsOf(first, second);
  const halved = halveWeights(graph);
  verify(halved);
  const stored = constantsOf(halved).filter(({ dtype }) => dtype === 'float16');
  expect(stored.length).toBe(2);
  expect(stored.map(({ constant }) => toNumbers(constant))).toEqual(
    [first, second].map((weights) => Array.from(weights, nearestHalf)),
  );
  const bytes = [halved, graph].map((each) => writeOnnx(graphToOnnx(each)).length);
  expect((bytes[1] ?? 0) - (bytes[0] ?? 0)).toBeGreaterThan(2 * 512 - 300);

  const image = Float32Array.from({ length: 1024 }, random.normal);
  const x = tensor('float32', [1, 16, 8, 8], image);
  const rounded = convolutionsOf(first.map(nearestHalf), second.map(nearestHalf));
  const expected = (await runGraph(rounded, { x }))['y'] as Tensor;
  expect(relativeDifference((await runGraph(halved, { x }))['y'], expected)).toBeLessThan(1e-6);
});

it('leaves alone what half precision cannot hold', () => {
  const large = new Float32Array(256).fill(1e5);
  const graph = halveWeights(convolutionsOf(large, new Float32Array(256).fill(Number.NaN)));
  expect(constantsOf(graph).every(({ dtype }) => dtype === 'float32')).toBe(true);
});

/** Half precision has 11 significant bits and no step below 2^-24; ties go to the even one. */
function nearestHalf(value: number): number {
  const step = Math.max(2 ** (Math.floor(Math.log2(Math.abs(value))) - 10), 2 ** -24);
  const below = Math.floor(value / step);
  const rest = value / step - below;
  return (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below) * step;
}
