import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/random.js';
import { elementCount, float32, type Tensor, tensor, toNumbers } from '../../core/tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { runEach, runGraph } from '../../graph/engine.fixture.js';
import { expandComposites } from '../../graph/expansions/index.js';
import { type DeepLabSettings, deepLabDefaults } from '../../models/deeplab.js';
import { livelyWeights } from '../../weights/lively-weights.fixture.js';
import { describeNetwork, inferenceGraph } from '../../weights/network-graph.js';
import { LossInputs, LossLabels, totalLoss } from '../losses/index.js';
import {
  gradientGraph,
  gradientName,
  lossOutput,
  nextName,
  type StepSettings,
  trainedParts,
} from './index.js';

const side = 33;
const batch = 2;
const network: DeepLabSettings = { ...deepLabDefaults, depthMultiplier: 0.25, classes: 4 };
const plain: StepSettings = {
  network,
  batch,
  height: side,
  width: side,
  ignoreValue: 255,
  normalisation: { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  losses: [
    { kind: 'cross-entropy', labelSmoothing: 0.1 },
    { kind: 'dice', weight: 0.5 },
  ],
  optimizer: { kind: 'sgd' },
  weightDecay: 0,
  lastLayerMultiplier: 1,
  biasMultiplier: 1,
  batchNorm: 'batch',
  dropout: false,
};

function onScales(scales: readonly number[], merge: 'max' | 'average' = 'max'): StepSettings {
  return { ...plain, network: { ...network, imagePyramid: { scales, merge } } };
}

const random = seededRandom(3);
/** Those of the network come first, so they are the same with an auxiliary head and without. */
const weights = livelyWeights(trainedParts({ network, auxiliary: { weight: 1 } }), random);
const pixels = tensor(
  'uint8',
  [batch, side, side, 3],
  Uint8Array.from({ length: batch * side * side * 3 }, () => random.integer(0, 255)),
);
const labels = tensor(
  'uint8',
  [batch, side, side],
  Uint8Array.from({ length: batch * side * side }, () => {
    const label = random.integer(0, 4);
    return label === 4 ? 255 : label;
  }),
);

type Found = (name: string) => readonly number[];

/** Loss, gradients and statistics of the first step, for each set of weights. */
function halfSteps(
  settings: StepSettings,
  values: readonly ReadonlyMap<string, Tensor>[],
): Promise<readonly Found[]> {
  const { graph } = gradientGraph(settings);
  const feeds = values.map((each) => {
    const given: Readonly<Record<string, Tensor>> = {
      image: pixels,
      labels,
      step: float32([], [1]),
      ...Object.fromEntries(each),
    };
    const own = graph.inputs.flatMap(({ name }) => {
      const tensor = given[name];
      return tensor === undefined ? [] : [[name, tensor] as const];
    });
    return Object.fromEntries(own);
  });
  return runEach(expandComposites(graph), feeds).then((results) =>
    results.map((outputs) => (name: string) => {
      const found = outputs[name];
      if (found === undefined) throw new Error(`no output "${name}"`);
      return toNumbers(found);
    }),
  );
}

const done = new Map<string, Promise<Found>>();

/** The first step from the usual weights; without a teacher, taken once for equal settings. */
function halfStep(settings: StepSettings): Promise<Found> {
  const key = settings.distillation === undefined ? JSON.stringify(settings) : undefined;
  const known = key === undefined ? undefined : done.get(key);
  if (known !== undefined) return known;
  const fresh = halfSteps(settings, [weights]).then(([found]) => {
    if (found === undefined) throw new Error('no step');
    return found;
  });
  if (key !== undefined) done.set(key, fresh);
  return fresh;
}

const lossOf = (found: (name: string) => readonly number[]) => found(lossOutput)[0] ?? Number.NaN;
const largest = (values: readonly number[]) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('a teacher', () => {
  const taught = (teacher: ReadonlyMap<string, Tensor>, weight = 1): StepSettings => ({
    ...plain,
    batchNorm: 'frozen',
    distillation: {
      teacher: { settings: network, weights: teacher },
      weight,
      temperature: 2,
      pixels: 'all',
    },
  });
  const alone: StepSettings = { ...plain, batchNorm: 'frozen' };
  const other = livelyWeights(trainedParts({ network }), seededRandom(8));

  it('that says the same adds nothing', async () => {
    const [without, same] = [await halfStep(alone), await halfStep(taught(weights))];
    expect(Math.abs(lossOf(same) - lossOf(without))).toBeLessThan(1e-4);
  });

  it('that says other things adds to the loss by its weight, and to every gradient', async () => {
    const [without, once, twice] = [
      await halfStep(alone),
      await halfStep(taught(other)),
      await halfStep(taught(other, 2)),
    ];
    const added = lossOf(once) - lossOf(without);
    expect(added).toBeGreaterThan(0.01);
    expect((lossOf(twice) - lossOf(without)) / added).toBeCloseTo(2, 3);
    for (const { name } of describeNetwork(network).parameters) {
      const [plainly, taughtly] = [without(gradientName(name)), once(gradientName(name))];
      expect(taughtly, name).not.toEqual(plainly);
    }
  });
});

describe('an auxiliary loss', () => {
  it('reaches the layers below its features, by its weight, and none above', async () => {
    const [without, once, twice] = [
      await halfStep(plain),
      await halfStep({ ...plain, auxiliary: { weight: 0.4 } }),
      await halfStep({ ...plain, auxiliary: { weight: 0.8 } }),
    ];
    const added = lossOf(once) - lossOf(without);
    expect(added).toBeGreaterThan(0.1);
    expect(lossOf(twice) - lossOf(without)).toBeCloseTo(2 * added, 5);
    const below = /^MobilenetV2\/(Conv|expanded_conv(_[1-9]|_1[0-2])?)\//;
    for (const { name, role } of describeNetwork(network).parameters) {
      const output = gradientName(name);
      const gradient = without(output);
      const change = (other: typeof without) =>
        other(output).map((value, at) => value - (gradient[at] ?? Number.NaN));
      const first = change(once);
      if (!below.test(name)) {
        expect(largest(first), name).toBe(0);
        continue;
      }
      // Batch norm right behind a linear layer leaves nothing of an offset before it.
      if (role !== 'weights' && role !== 'depthwise_weights') continue;
      expect(largest(first), name).toBeGreaterThan(1e-6);
      const apart = change(twice).map((value, at) => value - 2 * (first[at] ?? Number.NaN));
      expect(largest(apart) / largest(first), name).toBeLessThan(1e-2);
    }
    const own = trainedParts({ network, auxiliary: { weight: 1 } }).parameters.slice(-5);
    expect(own.map(({ name }) => name)).toEqual([
      'auxiliary/conv/weights',
      'auxiliary/conv/BatchNorm/gamma',
      'auxiliary/conv/BatchNorm/beta',
      'auxiliary/logits/weights',
      'auxiliary/logits/biases',
    ]);
    for (const { name } of own) {
      expect(largest(once(gradientName(name))), name).toBeGreaterThan(1e-6);
    }
  });

  it('adds a 3x3 convolution, its batch norm and a classifier, and leaves the network alone', () => {
    const count = (settings: Parameters<typeof trainedParts>[0]) => {
      const { parameters, statistics } = trainedParts(settings);
      return [...parameters, ...statistics].reduce(
        (sum, { shape }) => sum + elementCount(shape),
        0,
      );
    };
    const released = 2_146_645;
    expect(count({ network: deepLabDefaults })).toBe(released);
    // 96 channels to a quarter of them, four numbers each for batch norm, 21 classes with biases
    const quarter = 9 * 96 * 24 + 4 * 24 + 25 * 21;
    expect(count({ network: deepLabDefaults, auxiliary: { weight: 0.4 } })).toBe(
      released + quarter,
    );
    const own = 9 * 96 * 7 + 4 * 7 + 8 * 21;
    expect(count({ network: deepLabDefaults, auxiliary: { weight: 0.4, filters: 7 } })).toBe(
      released + own,
    );
    const graph = inferenceGraph(network, weights, { width: side, height: side });
    const read = graph.nodes.flatMap(({ inputs }) => inputs.map((input) => input?.name ?? ''));
    expect(read).toContain('aspp0/weights');
    expect(read.filter((name) => name.startsWith('auxiliary'))).toEqual([]);
  });

  it('is taken at every scale of a pyramid, by one head', async () => {
    const auxiliary = { weight: 0.4 };
    const added = async (scales: readonly number[]) => {
      const settings = onScales(scales);
      const [without, having] = [
        await halfStep(settings),
        await halfStep({ ...settings, auxiliary }),
      ];
      return lossOf(having) - lossOf(without);
    };
    expect(await added([1, 0.5])).toBeCloseTo((await added([1])) + (await added([0.5])), 4);
  });
});

/** The losses of a network's logits at the images' own size, by the inference graph. */
async function lossOfNetwork(settings: DeepLabSettings): Promise<number> {
  const graph = inferenceGraph(settings, weights, { width: side, height: side });
  const plane = side * side;
  const images = Array.from({ length: batch }, (_, sample) => {
    const own = pixels.data.subarray(sample * 3 * plane, (sample + 1) * 3 * plane);
    const image = Array.from(
      { length: 3 * plane },
      (_, at) => ((own[(at % plane) * 3 + Math.floor(at / plane)] ?? 0) - 127.5) / 127.5,
    );
    return { image: float32([1, 3, side, side], image) };
  });
  const results = await runEach(graph, images);
  const logits = results.flatMap(({ logits: each }) => (each === undefined ? [] : toNumbers(each)));
  const builder = new GraphBuilder();
  const input = builder.input('logits', 'float32', [batch, settings.classes, side, side]);
  const truth = new LossLabels(
    builder,
    builder.input('labels', 'uint8', labels.shape),
    plain.ignoreValue,
  );
  const value = totalLoss(new LossInputs(input, truth), plain.losses, undefined);
  const outputs = await runGraph(expandComposites(builder.build([{ name: 'loss', value }])), {
    logits: float32(input.shape, logits),
    labels,
  });
  return Number(outputs['loss']?.data[0]);
}

it('follows central differences with an image pyramid and an auxiliary loss', async () => {
  const settings: StepSettings = {
    ...onScales([1, 0.5], 'average'),
    auxiliary: { weight: 0.4 },
    batchNorm: 'frozen',
  };
  const { parameters } = trainedParts(settings);
  const found = await halfStep(settings);
  const draw = seededRandom(8);
  const direction = new Map(
    parameters.map(({ name }) => [
      name,
      Float32Array.from(found(gradientName(name)), (slope) => slope + 0.1 * draw.normal()),
    ]),
  );
  const along = [...direction].reduce(
    (sum, [name, way]) =>
      sum + found(gradientName(name)).reduce((own, slope, at) => own + slope * (way[at] ?? 0), 0),
    0,
  );
  const step = 1e-3 / along;
  const moved = (factor: number) =>
    new Map<string, Tensor>(
      [...weights].map(([name, { shape, data }]) => {
        const way = direction.get(name);
        const own = data.map((value, at) => value + factor * (way?.[at] ?? 0));
        return [name, tensor('float32', shape, own)];
      }),
    );
  const ends = await halfSteps(settings, [moved(step), moved(-step)]);
  const [ahead = Number.NaN, behind = Number.NaN] = ends.map(lossOf);
  const slope = (ahead - behind) / (2 * step);
  // As near as the network's kinks and single precision let it be, with one scale too.
  expect(Math.abs(slope / along - 1)).toBeLessThan(0.04);
});

describe('the losses of an image pyramid', () => {
  it.each(['max', 'average'] as const)('are those of each scale and of their %s', async (merge) => {
    const settings = onScales([1, 0.5], merge);
    const networks = [onScales([1]), onScales([0.5]), settings].map((each) => each.network);
    const losses = await Promise.all(networks.map(lossOfNetwork));
    expect(new Set(losses.map((loss) => loss.toFixed(3))).size).toBe(3);
    const found = lossOf(await halfStep({ ...settings, batchNorm: 'frozen' }));
    expect(found).toBeCloseTo(
      losses.reduce((sum, loss) => sum + loss, 0),
      4,
    );
  });

  it('are the loss of the network itself where the image is the only scale', async () => {
    const [without, alone] = [await halfStep(plain), await halfStep(onScales([1], 'average'))];
    expect(lossOf(alone)).toBe(lossOf(without));
    const [some, none] = [gradientGraph(onScales([1])), gradientGraph(plain)].map(
      ({ graph }) => graph.nodes.length,
    );
    expect(some).toBe(none);
  });

  it('move statistics towards those of each scale in turn', async () => {
    const [both, first, second] = [
      await halfStep(onScales([1, 0.5])),
      await halfStep(onScales([1])),
      await halfStep(onScales([0.5])),
    ];
    for (const leaf of ['moving_mean', 'moving_variance']) {
      const name = `MobilenetV2/expanded_conv_2/depthwise/BatchNorm/${leaf}`;
      const old = weights.get(name)?.data ?? new Float32Array();
      // In the first step a tenth of the old value stays each time.
      const wanted = Array.from(old, (value, at) => {
        const ownOfSecond = ((second(nextName(name))[at] ?? 0) - 0.1 * value) / 0.9;
        return 0.1 * (first(nextName(name))[at] ?? 0) + 0.9 * ownOfSecond;
      });
      const found = both(nextName(name));
      expect(found).toHaveLength(wanted.length);
      const apart = found.map((value, at) => value - (wanted[at] ?? Number.NaN));
      expect(largest(apart)).toBeLessThan(1e-4 * Math.max(1, largest(wanted)));
      expect(
        largest(found.map((value, at) => value - (first(nextName(name))[at] ?? 0))),
      ).toBeGreaterThan(1e-3);
    }
  });
});
