import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { float32, toNumbers } from '../core/tensor.js';
import { writeSafetensors } from '../formats/safetensors/index.js';
import { GraphBuilder } from '../graph/builder.js';
import { costOf } from '../graph/cost.js';
import { runGraph } from '../graph/engine.fixture.js';
import { simplify } from '../graph/passes/simplify.js';
import { decodeCheckpoint } from '../weights/checkpoint.js';
import { livelyWeights } from '../weights/lively-weights.fixture.js';
import { describeNetwork, inferenceGraph } from '../weights/network-graph.js';
import { smallCheckpoint } from '../weights/small-checkpoint.fixture.js';
import { type DeepLabSettings, deepLab, deepLabDefaults } from './deeplab.js';
import { scaledSide } from './geometry.js';
import { Layers } from './layers.js';

const settings: DeepLabSettings = { ...deepLabDefaults, depthMultiplier: 0.1, classes: 3 };
const pyramid = (scales: readonly number[], merge: 'max' | 'average' = 'max'): DeepLabSettings => ({
  ...settings,
  imagePyramid: { scales, merge },
});
const network = describeNetwork(settings);
const weights = livelyWeights(network, seededRandom(1));

/** Planes [1, C, side, side] as numbers. */
interface Planes {
  readonly side: number;
  readonly data: readonly number[];
}

async function logits(own: DeepLabSettings, { side, data }: Planes): Promise<Planes> {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'infer', weights });
  const value = deepLab(layers, builder.input('image', 'float32', [1, 3, side, side]), own);
  const graph = builder.build([{ name: 'logits', value }]);
  const { logits: found } = await runGraph(graph, { image: float32([1, 3, side, side], data) });
  return { side: found?.shape[2] ?? 0, data: found === undefined ? [] : toNumbers(found) };
}

/** Bilinear, aligned corners. */
function resized({ side, data }: Planes, to: number): Planes {
  const planes = data.length / side ** 2;
  const at = (plane: number, y: number, x: number) => data[(plane * side + y) * side + x] ?? 0;
  const values = Array.from({ length: planes * to * to }, (_, index) => {
    const [plane, y, x] = [Math.floor(index / to ** 2), Math.floor(index / to) % to, index % to];
    const [py, px] = [y, x].map((each) => (each * (side - 1)) / (to - 1)) as [number, number];
    const [top, left] = [py, px].map(Math.floor) as [number, number];
    const [bottom, right] = [Math.min(top + 1, side - 1), Math.min(left + 1, side - 1)];
    const [dy, dx] = [py - top, px - left];
    const upper = at(plane, top, left) * (1 - dx) + at(plane, top, right) * dx;
    const lower = at(plane, bottom, left) * (1 - dx) + at(plane, bottom, right) * dx;
    return upper * (1 - dy) + lower * dy;
  });
  return { side: to, data: values };
}

const random = seededRandom(2);
const image = { side: 33, data: Array.from({ length: 3 * 33 * 33 }, () => random.normal()) };

describe('an image pyramid', () => {
  it.each([
    [[1, 0.5, 0.75], 'max', 3],
    [[0.5, 1.5], 'average', 4],
    [[0.5], 'max', 3],
  ] as const)(
    'of %j answers with the %s of what the network answers at each',
    async (scales, merge, side) => {
      const each = await Promise.all(
        scales.map(async (scale) => {
          const own = await logits(settings, resized(image, scaledSide(image.side, scale)));
          return resized(own, side).data;
        }),
      );
      const merged = (each[0] ?? []).map((_, at) => {
        const values = each.map((data) => data[at] ?? Number.NaN);
        if (merge === 'max') return Math.max(...values);
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      });
      const found = await logits(pyramid(scales, merge), image);
      expect(found.side).toBe(side);
      const apart = found.data.map((value, at) => Math.abs(value - (merged[at] ?? Number.NaN)));
      expect(Math.max(...apart)).toBeLessThan(1e-4);
    },
  );

  it('has the parameters of the network without one', () => {
    const names = (own: DeepLabSettings) => {
      const { parameters, statistics } = describeNetwork(own);
      return [...parameters, ...statistics].map(({ name, shape }) => `${name} ${shape}`);
    };
    expect(names(pyramid([1, 0.5, 2]))).toEqual(names(settings));
  });

  it('costs what the network costs at each scale, and nothing where it is the image alone', () => {
    const graph = (own: DeepLabSettings, side: number) =>
      simplify(inferenceGraph(own, weights, { width: side, height: side }));
    const cost = (own: DeepLabSettings, side: number) => costOf(graph(own, side)).multiplyAdds;
    expect(cost(pyramid([1, 0.5, 1.25]), 129)).toBe(
      cost(settings, 129) + cost(settings, 65) + cost(settings, 161),
    );
    const alone = graph(pyramid([1], 'average'), 129).nodes;
    expect(alone.map(({ op, name }) => [op, name])).toEqual(
      graph(settings, 129).nodes.map(({ op, name }) => [op, name]),
    );
  });

  it('keeps sizes of k stride + 1 what they are', () => {
    expect([0.5, 0.75, 1, 1.25, 1.5].map((scale) => scaledSide(513, scale))).toEqual([
      257, 385, 513, 641, 769,
    ]);
    expect([scaledSide(1, 0.5), scaledSide(10, 0.5)]).toEqual([1, 5]);
  });

  it('comes out of a checkpoint, and is the image alone in one that does not tell', () => {
    const checkpoint = smallCheckpoint(pyramid([1, 0.5], 'average'));
    const { metadata } = checkpoint;
    const read = (network: unknown) => {
      const bytes = writeSafetensors({
        tensors: new Map(),
        metadata: new Map([['atrous', JSON.stringify({ ...metadata, network })]]),
      });
      return decodeCheckpoint(bytes, 'a.safetensors').metadata.network.imagePyramid;
    };
    expect(read(metadata.network)).toEqual({ scales: [1, 0.5], merge: 'average' });
    const { imagePyramid, ...older } = metadata.network;
    expect(read(older)).toEqual({ scales: [1], merge: 'max' });
    for (const scales of [[], [0], [1, 99], new Array(99).fill(1)]) {
      expect(() => read({ ...older, imagePyramid: { ...imagePyramid, scales } })).toThrow(
        /^a\.safetensors.*: network\.imagePyramid\.scales/,
      );
    }
  });

  it('is refused without a scale', () => {
    expect(() => describeNetwork(pyramid([]))).toThrow(/image pyramid: .*at least one scale/);
  });
});

it('refuses two layers of one name', () => {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'infer', weights });
  const x = builder.input('image', 'float32', [1, 3, 33, 33]);
  deepLab(layers, x, settings);
  expect(() => deepLab(layers, x, settings)).toThrow(
    /"MobilenetV2\/Conv\/weights": two layers have the name/,
  );
});
