import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { elementCount, type Tensor, tensor } from '../core/tensor.js';
import { costOf } from '../graph/cost.js';
import { relativeDifference, runGraph } from '../graph/engine.fixture.js';
import { expandComposites } from '../graph/expansions/index.js';
import { simplify } from '../graph/passes/simplify.js';
import { verify } from '../graph/verify.js';
import {
  gradientGraph,
  gradientName,
  lossOutput,
  type StepSettings,
} from '../train/step-graph/index.js';
import { decodeCheckpoint, inferenceWeights } from '../weights/checkpoint.js';
import { livelyWeights } from '../weights/lively-weights.fixture.js';
import { describeNetwork, inferenceGraph } from '../weights/network-graph.js';
import { checkpointBytes, smallCheckpoint } from '../weights/small-checkpoint.fixture.js';
import type { DeepLabSettings } from './deeplab.js';

/** A network's figures, batch norm's statistics among its parameters unless folded. */
export interface NetworkFigures {
  readonly depthMultiplier: number;
  readonly parameters: number;
  readonly folded: number;
  /** Multiply-adds at 513x513. */
  readonly multiplyAdds: number;
}

/**
 * What every network must hold to: its published figures, its output's shape at any size, gradients
 * for every parameter, and a checkpoint that gives the same logits again.
 *
 * All but the figures is tried on a narrow version of the network.
 */
export function networkSuite(
  name: string,
  settings: DeepLabSettings,
  figures: readonly NetworkFigures[],
): void {
  const narrow: DeepLabSettings = { ...settings, depthMultiplier: 0.25, classes: 5 };
  const network = describeNetwork(narrow);

  describe(name, () => {
    it.each(figures)('costs what it should: $depthMultiplier', (expected) => {
      const { depthMultiplier } = expected;
      const wide = { ...settings, depthMultiplier };
      const whole = describeNetwork(wide);
      const all = [...whole.parameters, ...whole.statistics];
      const count = all.reduce((sum, { shape }) => sum + elementCount(shape), 0);
      const ones = new Map(
        all.map(({ name, shape }) => {
          const data = new Float32Array(elementCount(shape)).fill(1);
          return [name, tensor('float32', shape, data)] as const;
        }),
      );
      const size = { width: 513, height: 513 };
      const cost = costOf(simplify(inferenceGraph(wide, ones, size)));
      expect({
        depthMultiplier,
        parameters: count,
        folded: cost.parameters,
        multiplyAdds: cost.multiplyAdds,
      }).toEqual(expected);
      expect(cost.operators.get('BatchNormalization')).toBeUndefined();
    });

    it.each([
      [33, 65],
      [64, 50],
      [31, 18],
      [1, 3],
    ])('gives logits of the size of a picture of %i x %i', async (height, width) => {
      const weights = livelyWeights(network, seededRandom(1));
      const graph = inferenceGraph(narrow, weights, { height, width });
      verify(graph);
      const image = tensor(
        'float32',
        [1, 3, height, width],
        Float32Array.from({ length: 3 * height * width }, seededRandom(2).normal),
      );
      const { logits } = await runGraph(graph, { image });
      expect(logits?.shape).toEqual([1, 5, height, width]);
      expect(Array.from(logits?.data ?? [], Number).every(Number.isFinite)).toBe(true);
    });

    it('gives every parameter a finite gradient', async () => {
      const { graph, parameters, dropoutMasks } = gradientGraph(stepOf(narrow));
      const random = seededRandom(3);
      const feeds = new Map<string, Tensor>(livelyWeights(network, random));
      for (const { name, shape } of dropoutMasks) {
        feeds.set(name, tensor('float32', shape, new Float32Array(elementCount(shape)).fill(1)));
      }
      const pixels = Uint8Array.from({ length: 2 * side * side * 3 }, () => random.integer(0, 255));
      feeds.set('image', tensor('uint8', [2, side, side, 3], pixels));
      const labels = Uint8Array.from({ length: 2 * side * side }, () => random.integer(0, 5));
      feeds.set('labels', tensor('uint8', [2, side, side], labels));
      feeds.set('step', tensor('float32', [], Float32Array.of(1)));
      const outputs = await runGraph(
        expandComposites(graph),
        Object.fromEntries(graph.inputs.map(({ name }) => [name, feeds.get(name) as Tensor])),
      );
      expect(Number(outputs[lossOutput]?.data[0])).toBeGreaterThan(0);
      for (const { name, shape } of parameters) {
        const gradient = outputs[gradientName(name)];
        expect(gradient?.shape, name).toEqual(shape);
        const norm = Array.from(gradient?.data ?? [], Number).reduce((sum, g) => sum + g * g, 0);
        expect(norm, name).toBeGreaterThan(0);
        expect(norm, name).toBeLessThan(Number.POSITIVE_INFINITY);
      }
    });

    it('comes back from a checkpoint', async () => {
      const checkpoint = smallCheckpoint(narrow);
      const found = decodeCheckpoint(checkpointBytes(checkpoint), 'a.safetensors');
      const size = { width: side, height: side };
      const image = tensor(
        'float32',
        [1, 3, side, side],
        Float32Array.from({ length: 3 * side * side }, seededRandom(4).normal),
      );
      const before = await runGraph(inferenceGraph(narrow, checkpoint.tensors, size), { image });
      const { metadata } = found;
      const after = await runGraph(
        inferenceGraph(metadata.network, inferenceWeights(found), size),
        { image },
      );
      expect(metadata.network).toEqual(narrow);
      expect(relativeDifference(after['logits'], before['logits'] as Tensor)).toBe(0);
    });
  });
}

const side = 49;

function stepOf(network: DeepLabSettings): StepSettings {
  return {
    network,
    batch: 2,
    height: side,
    width: side,
    ignoreValue: 5,
    normalisation: { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
    losses: [{ kind: 'cross-entropy' }],
    optimizer: { kind: 'sgd' },
    weightDecay: 0,
    lastLayerMultiplier: 1,
    biasMultiplier: 1,
    batchNorm: 'batch',
  };
}
