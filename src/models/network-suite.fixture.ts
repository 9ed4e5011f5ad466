import { describe, expect, it } from 'vitest';
import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import { type Random, seededRandom } from '../core/random.js';
import { elementCount, type Tensor, type TensorOf, tensor } from '../core/tensor.js';
import { writeOnnx } from '../formats/onnx/index.js';
import { expandComposites } from '../graph/expansions/index.js';
import { simplify } from '../graph/passes/simplify.js';
import { verify } from '../graph/verify.js';
import { openInThreadSession } from '../runtime/node/index.js';
import {
  gradientGraph,
  gradientName,
  lossOutput,
  type StepSettings,
  type TrainingGraph,
} from '../train/step-graph/index.js';
import { decodeCheckpoint, inferenceWeights } from '../weights/checkpoint.js';
import { freshWeights } from '../weights/initial-weights.js';
import { livelyWeights } from '../weights/lively-weights.fixture.js';
import { describeNetwork, inferenceGraph } from '../weights/network-graph.js';
import { checkpointBytes, smallCheckpoint } from '../weights/small-checkpoint.fixture.js';
import { backbones } from './backbones/index.js';
import { outputStrides } from './geometry.js';
import { parseNetworkName } from './names.js';
import type { DeepLabSettings } from './settings.js';

export interface SuiteOptions {
  /**
   * What the training steps start from: `lively` weights unless told, under which no activation
   * vanishes; but hard gates saturate under them, so that they learn from `fresh` ones only.
   */
  readonly first?: 'lively' | 'fresh';
}

/** Narrow enough to be quick: the same layers with few channels. */
export function narrowed(settings: DeepLabSettings): DeepLabSettings {
  const depthMultiplier = settings.backbone.startsWith('mobilenet') ? 0.25 : 1 / 16;
  return { ...settings, depthMultiplier, classes, asppFilters: 8, decoderFilters: 8 };
}

/**
 * What every network must hold to: its output's shape at any size and output stride, gradients for
 * every parameter, training steps that lower the loss, and a checkpoint that gives the same network
 * again. It is tried on a narrow version.
 *
 * @param name as `parseNetworkName` takes it.
 */
export function networkSuite(name: string, { first = 'lively' }: SuiteOptions = {}): void {
  const settings = narrowed(parseNetworkName(name));
  const network = describeNetwork(settings);

  describe(name, () => {
    const weights = freshWeights(network, seededRandom(1));

    it.each([
      ...[
        [33, 65],
        [64, 50],
        [1, 3],
      ].map(([height = 1, width = 1]) => [height, width, settings.outputStride] as const),
      ...outputStrides.map((outputStride) => [31, 18, outputStride] as const),
    ])('gives logits of the size of a picture of %i x %i at stride %i', (height, width, stride) => {
      const own = { ...settings, outputStride: stride };
      const graph = inferenceGraph(own, weights, { height, width });
      verify(graph);
      expect(graph.outputs[0]?.value.shape).toEqual([1, classes, height, width]);
    });

    it('has its batch norm folded into convolutions', () => {
      const graph = simplify(inferenceGraph(settings, weights, { height: 33, width: 33 }));
      expect(graph.nodes.some(({ op }) => op === 'BatchNormalization')).toBe(false);
    });

    it('has a finite gradient for every parameter, and learns along them', async () => {
      const graph = gradientGraph(stepOf(settings));
      const lively = () => livelyWeights(network, seededRandom(3));
      const moved = new Map(first === 'lively' ? lively() : weights);
      const step = await openStep(graph);
      const losses: number[] = [];
      try {
        for (let round = 0; round < 3; round++) {
          const { loss, gradients } = await step.run(moved);
          losses.push(loss);
          for (const { name: parameter, norm } of gradients) {
            expect(norm, parameter).toBeGreaterThan(0);
            expect(norm, parameter).toBeLessThan(Number.POSITIVE_INFINITY);
          }
          descend(moved, loss, gradients);
        }
      } finally {
        await step.dispose();
      }
      const [before = 0, second = 0, third = 0] = losses;
      expect(second).toBeLessThan(before);
      expect(third).toBeLessThan(second);
    });

    it('comes back from a checkpoint', () => {
      const checkpoint = smallCheckpoint(settings);
      const found = decodeCheckpoint(checkpointBytes(checkpoint), 'a.safetensors');
      expect(found.metadata.network).toEqual(settings);
      const model = (own: DeepLabSettings, tensors: ReadonlyMap<string, Tensor>) =>
        writeOnnx(graphToOnnx(inferenceGraph(own, tensors, size)));
      const before = model(settings, checkpoint.tensors);
      const after = model(found.metadata.network, inferenceWeights(found));
      expect(Buffer.compare(before, after)).toBe(0);
    });
  });
}

/** Of the pictures that are computed with: sides that are no multiples of a stride, nor one more. */
const size = { height: 34, width: 47 } as const;
const classes = 5;

/**
 * Batch norm by frozen statistics, as is usual on small batches: by those of a few pixels the loss
 * is too rugged for steps that must lower it, and graphs take twice the time.
 */
function stepOf(network: DeepLabSettings): StepSettings {
  return {
    network,
    batch: 2,
    ...size,
    ignoreValue: classes,
    normalisation: backbones[network.backbone].pixels,
    losses: [{ kind: 'cross-entropy' }],
    optimizer: { kind: 'sgd' },
    weightDecay: 0,
    lastLayerMultiplier: 1,
    biasMultiplier: 1,
    batchNorm: 'frozen',
  };
}

interface Gradient {
  readonly name: string;
  readonly data: Float32Array;
  readonly norm: number;
}

/** Labels of upright bands of random classes, and of pixels that do not count. */
function bands(random: Random): TensorOf<'uint8'> {
  const { height, width } = size;
  const band = Array.from({ length: 2 * 3 }, () => random.integer(0, classes));
  const labels = Uint8Array.from({ length: 2 * height * width }, (_, at) => {
    const [image, column] = [Math.floor(at / (height * width)), at % width];
    return band[3 * image + Math.floor((3 * column) / width)] ?? 0;
  });
  return tensor('uint8', [2, height, width], labels);
}

/** The first half of a training step in a session, on random pixels. */
async function openStep({ graph, parameters, dropoutMasks }: TrainingGraph) {
  const random = seededRandom(4);
  const pixels = [2, size.height, size.width, 3];
  const image = Uint8Array.from({ length: elementCount(pixels) }, () => random.integer(0, 255));
  const given = new Map<string, Tensor>([
    ['image', tensor('uint8', pixels, image)],
    ['labels', bands(random)],
    ['step', tensor('float32', [], Float32Array.of(1))],
    ...dropoutMasks.map(({ name, shape }) => {
      const ones = new Float32Array(elementCount(shape)).fill(1);
      return [name, tensor('float32', shape, ones)] as const;
    }),
  ]);
  const model = writeOnnx(graphToOnnx(expandComposites(graph)));
  const session = await openInThreadSession(model, { optimization: 'disabled', threads: 1 });
  return {
    dispose: () => session.dispose(),
    run: async (weights: ReadonlyMap<string, Tensor>) => {
      const fed = graph.inputs.map(
        ({ name }) => [name, given.get(name) ?? weights.get(name)] as const,
      );
      const outputs = await session.run(Object.fromEntries(fed) as Record<string, Tensor>);
      const gradients = parameters.map(({ name, shape }): Gradient => {
        const found = outputs[gradientName(name)];
        expect(found?.shape, name).toEqual(shape);
        const data = Float32Array.from(found?.data ?? [], Number);
        return { name, data, norm: data.reduce((sum, each) => sum + each * each, 0) };
      });
      return { loss: Number(outputs[lossOutput]?.data[0]), gradients };
    },
  };
}

/** A step down the gradient that takes a hundredth off the loss, if that is linear (Polyak 1987). */
function descend(
  weights: Map<string, TensorOf<'float32'>>,
  loss: number,
  gradients: readonly Gradient[],
): void {
  const slope = gradients.reduce((sum, { norm }) => sum + norm, 0);
  const rate = (0.01 * loss) / slope;
  for (const { name, data } of gradients) {
    const old = weights.get(name);
    if (old === undefined) continue;
    const moved = old.data.map((value, at) => value - rate * (data[at] ?? 0));
    weights.set(name, tensor('float32', old.shape, moved));
  }
}
