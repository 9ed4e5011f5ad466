import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../core/random.js';
import { float32, tensor } from '../../core/tensor.js';
import { writeOnnx } from '../../formats/onnx/index.js';
import { GraphBuilder } from '../../graph/builder.js';
import { relativeDifference, runGraph } from '../../graph/engine.fixture.js';
import type { Graph, Value } from '../../graph/graph.js';
import { simplify } from '../../graph/passes/simplify.js';
import { chance, pick, randomTensor } from '../../graph/random-call.fixture.js';
import { openInThreadSession } from '../../runtime/node/index.js';
import { graphToOnnx } from './graph-to-onnx.js';

type Step = (builder: GraphBuilder, value: Value, random: Random) => Value;

function clamp(builder: GraphBuilder, value: Value, least: number, greatest: number): Value {
  const bounds = [least, greatest].map((bound) => builder.constant(float32([], [bound])));
  return builder.add('Clip', [value, ...bounds], {});
}

const steps: readonly Step[] = [
  (builder, value, random) => {
    const weights = builder.constant(randomTensor(random, 'float32', [4, 4, 1, 1]));
    return builder.add('Conv', [value, weights], {});
  },
  (builder, value) => builder.add('Relu', [value], {}),
  (builder, value) => clamp(builder, value, 0, 6),
  (builder, value) => clamp(builder, value, -1, 1),
  (builder, value) => builder.add('Transpose', [value], { perm: [0, 1, 3, 2] }),
];

/** Real numbers computed between 8-bit ones, as importing 8-bit files leaves them. */
function quantisedChain(random: Random): Graph {
  const builder = new GraphBuilder();
  const input = builder.input('x', 'uint8', [1, 4, 5, 5]);
  let quantisation = parameters(builder, random);
  let value = builder.add('DequantizeLinear', [input, ...quantisation], {});
  for (let count = random.integer(2, 8); count > 0; count--) {
    value = pick(random, steps)(builder, value, random);
    if (chance(random, 0.6)) continue;
    quantisation = parameters(builder, random);
    const stored = builder.add('QuantizeLinear', [value, ...quantisation], {});
    value = builder.add('DequantizeLinear', [stored, ...quantisation], {});
  }
  return builder.build([{ name: 'y', value }]);
}

function parameters(builder: GraphBuilder, random: Random): readonly Value[] {
  const relu6 = chance(random, 0.5);
  return [
    builder.constant(float32([], [relu6 ? 6 / 255 : 0.05])),
    builder.constant(tensor('uint8', [], Uint8Array.of(relu6 ? 0 : 128))),
  ];
}

describe('a simplified graph', () => {
  // Two clamps in a row after a convolution between 8-bit tensors make ONNX Runtime's own
  // optimizations give two nodes one name; simplified graphs have no two clamps in a row.
  it('opens with all of the optimizations of ONNX Runtime and computes the same', async () => {
    for (let seed = 0; seed < 80; seed++) {
      const graph = quantisedChain(seededRandom(seed));
      const x = randomTensor(seededRandom(seed), 'uint8', [1, 4, 5, 5]);
      const expected = await runGraph(graph, { x });
      const bytes = writeOnnx(graphToOnnx(simplify(graph)));
      const session = await openInThreadSession(bytes, { threads: 1 });
      const { y } = await session.run({ x });
      await session.dispose();
      // A tie between two 8-bit numbers may be rounded either way, and convolutions enlarge that.
      expect(relativeDifference(y, expected['y']), `seed ${seed}`).toBeLessThan(0.2);
    }
  });
});
