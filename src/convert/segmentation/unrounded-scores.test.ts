import { expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { tensor } from '../../core/tensor.js';
import { writeOnnx } from '../../formats/onnx/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import { simplify } from '../../graph/passes/simplify.js';
import { nodeRuntime } from '../../runtime/node/index.js';
import { graphToOnnx } from '../onnx/graph-to-onnx.js';
import { unroundedScores } from './unrounded-scores.js';

it('gives the sums of the last 8-bit convolution before their rounding', async () => {
  const random = seededRandom(7);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.integer(0, 255));
  const [channels, classes, side] = [16, 5, 6];
  const image = bytes(channels * side * side);
  const weights = bytes(classes * channels);
  const bias = Int32Array.from({ length: classes }, () => random.integer(-900, 900));
  const [imageScale, imageZero, weightScale, weightZero] = [0.05, 12, 0.02, 130];

  const builder = new GraphBuilder();
  const real = (value: number) => builder.constant(tensor('float32', [], Float32Array.of(value)));
  const byte = (value: number) => builder.constant(tensor('uint8', [], Uint8Array.of(value)));
  const [scoreScale, scoreZero] = [real(0.4), byte(128)];
  const stored = builder.add(
    'QLinearConv',
    [
      builder.input('image', 'uint8', [1, channels, side, side]),
      real(imageScale),
      byte(imageZero),
      builder.constant(tensor('uint8', [classes, channels, 1, 1], weights)),
      real(weightScale),
      byte(weightZero),
      scoreScale,
      scoreZero,
      builder.constant(tensor('int32', [classes], bias)),
    ],
    {},
  );
  const rounded = builder.add('DequantizeLinear', [stored, scoreScale, scoreZero], {});
  const last = builder.add('Transpose', [rounded], { perm: [0, 2, 3, 1] });
  const value = unroundedScores(builder, last);
  const graph = simplify(builder.build([{ name: 'scores', value }]));
  const session = await nodeRuntime({ worker: false }).open(writeOnnx(graphToOnnx(graph)));
  const { scores } = await session.run({
    image: tensor('uint8', [1, channels, side, side], image),
  });
  await session.dispose();

  const found = Array.from(scores?.data ?? [], Number);
  const expected = Array.from({ length: side * side * classes }, (_, at) => {
    const [pixel, own] = [Math.floor(at / classes), at % classes];
    let sum = bias[own] ?? 0;
    for (let channel = 0; channel < channels; channel++) {
      const x = (image[channel * side * side + pixel] ?? 0) - imageZero;
      const w = (weights[own * channels + channel] ?? 0) - weightZero;
      sum += x * w;
    }
    return sum * imageScale * weightScale;
  });
  expect(scores?.shape).toEqual([1, side, side, classes]);
  const furthest = Math.max(...found.map((score, at) => Math.abs(score - (expected[at] ?? 0))));
  expect(furthest).toBeLessThan(1e-3);
});

it('leaves scores alone that no 8-bit convolution makes', () => {
  const builder = new GraphBuilder();
  const scores = builder.add('Relu', [builder.input('x', 'float32', [1, 2, 3, 4])], {});
  expect(unroundedScores(builder, scores)).toBe(scores);
});
