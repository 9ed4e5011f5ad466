import { describe, expect, it } from 'vitest';
import { FormatError, OptionError } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import { type Tensor, tensor } from '../core/tensor.js';
import { relativeDifference, runGraph } from '../graph/engine.fixture.js';
import { type DeepLabSettings, deepLabDefaults } from '../models/deeplab.js';
import { foldedFile } from './folded-file.fixture.js';
import { freshWeights, type LastLayerChoice, loadInitialWeights } from './initial-weights.js';
import { livelyWeights } from './lively-weights.fixture.js';
import { describeNetwork, inferenceGraph } from './network-graph.js';
import { checkpointBytes, smallCheckpoint } from './small-checkpoint.fixture.js';

const settings: DeepLabSettings = { ...deepLabDefaults, depthMultiplier: 0.25, classes: 6 };
const network = describeNetwork(settings);
const size = { width: 33, height: 65 };

const image = tensor(
  'float32',
  [1, 3, size.height, size.width],
  Float32Array.from({ length: 3 * size.height * size.width }, seededRandom(2).normal),
);

async function logits(weights: ReadonlyMap<string, Tensor>): Promise<Tensor | undefined> {
  return (await runGraph(inferenceGraph(settings, weights, size), { image }))['logits'];
}

/** The scores of some classes out of those of all. */
function chosenPlanes({ data }: Tensor, classes: readonly number[]): Tensor {
  const pixels = size.width * size.height;
  const planes = classes.flatMap((index) =>
    Array.from(data.slice(index * pixels, (index + 1) * pixels), Number),
  );
  const shape = [1, classes.length, size.height, size.width];
  return tensor('float32', shape, Float32Array.from(planes));
}

function numbersOf(weights: ReadonlyMap<string, Tensor>, name: string): readonly number[] {
  return Array.from(weights.get(name)?.data ?? [], Number);
}

function checkpointOf(tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  return checkpointBytes({ ...smallCheckpoint(settings), tensors });
}

function failureOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it was not refused');
}

describe('weights from a TFLite file with folded batch norm', () => {
  const trained = livelyWeights(network, seededRandom(1));
  const load = (bytes: Uint8Array) =>
    loadInitialWeights(bytes, 'a.tflite', network, { lastLayers: 'all', random: seededRandom(3) });

  it('compute what the network computed before its batch norm was folded', async () => {
    const { weights, taken, renewed, rebuiltBatchNorm } = load(
      foldedFile(network, trained, 'float'),
    );
    expect(
      relativeDifference(await logits(weights), (await logits(trained)) as Tensor),
    ).toBeLessThan(1e-5);
    expect([taken.length, renewed, rebuiltBatchNorm]).toEqual([trained.size, [], true]);
  });

  it.each(['uint8', 'int8 per channel'] as const)('are widened from %s', (storage) => {
    const exact = load(foldedFile(network, trained, 'float')).weights;
    const { weights } = load(foldedFile(network, trained, storage));
    for (const { name, role } of network.parameters) {
      const [own, rounded] = [numbersOf(exact, name), numbersOf(weights, name)];
      const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      // Half a step of 120 steps to the largest.
      const bound = role.endsWith('weights') ? (0.501 / 120) * largest : 0;
      const off = own.map((value, at) => Math.abs(value - (rounded[at] ?? 0)));
      expect(off.reduce((most, value) => Math.max(most, value), 0)).toBeLessThanOrEqual(bound);
      expect(rounded.length).toBe(own.length);
    }
  });

  it('start the layers anew that are left out', () => {
    const others = describeNetwork({ ...settings, classes: 4 });
    const bytes = foldedFile(network, trained, 'float');
    const from = (lastLayers: 'without-logits' | 'without-head') =>
      loadInitialWeights(bytes, 'a', others, { lastLayers, random: seededRandom(3) });
    const fresh = freshWeights(others, seededRandom(3));

    const { renewed, weights } = from('without-logits');
    expect(renewed).toEqual(['logits/semantic/weights', 'logits/semantic/biases']);
    for (const name of renewed) expect(weights.get(name)).toEqual(fresh.get(name));
    expect(weights.get('aspp0/weights')?.data).not.toEqual(fresh.get('aspp0/weights')?.data);

    const backbone = from('without-head');
    expect(backbone.renewed.length).toBe(2 + 3 * 5);
    for (const name of backbone.renewed) {
      expect(name).toMatch(/^(image_pooling|aspp0|concat_projection|logits\/semantic)\//);
      expect(backbone.weights.get(name)).toEqual(fresh.get(name));
    }
    for (const name of backbone.taken) expect(name).toMatch(/^MobilenetV2\//);
  });

  it('are refused for other classes, naming both counts and the option', () => {
    const others = describeNetwork({ ...settings, classes: 4 });
    const bytes = foldedFile(network, trained, 'float');
    const options = { lastLayers: 'all', random: seededRandom(3) } as const;
    const error = failureOf(() => loadInitialWeights(bytes, 'a.tflite', others, options));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(/^a\.tflite: .*expected 4.*found 6.*'without-logits'/);
  });

  it.each([
    ['another depth multiplier', { ...settings, depthMultiplier: 0.5 }, 'depth multiplier'],
    ['another head', { ...settings, head: 'v3+' } as const, 'decoder/feature_projection0'],
  ])('are refused for %s', (_, other, told) => {
    const bytes = foldedFile(network, trained, 'float');
    const options = { lastLayers: 'all', random: seededRandom(3) } as const;
    const error = failureOf(() => loadInitialWeights(bytes, 'a', describeNetwork(other), options));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(told);
  });
});

describe('weights from a checkpoint', () => {
  const trained = livelyWeights(network, seededRandom(1));
  const load = (bytes: Uint8Array, lastLayers: LastLayerChoice, wanted = settings) =>
    loadInitialWeights(bytes, 'best.safetensors', describeNetwork(wanted), {
      lastLayers,
      random: seededRandom(3),
    });

  it('are all its own, and nothing of what its optimizer kept', () => {
    const slot = tensor('float32', [1], Float32Array.of(7));
    const bytes = checkpointOf(new Map([...trained, ['aspp0/weights/Momentum', slot]]));
    const { weights, taken, renewed, rebuiltBatchNorm } = load(bytes, 'all');
    expect([taken.length, renewed, rebuiltBatchNorm]).toEqual([trained.size, [], false]);
    for (const [name, value] of weights) expect(value.data, name).toEqual(trained.get(name)?.data);
  });

  it('are the moving averages where there are any', () => {
    const average = tensor('float32', [6], Float32Array.of(1, 2, 3, 4, 5, 6));
    const name = 'logits/semantic/biases';
    const bytes = checkpointOf(
      new Map([...trained, [`${name}/ExponentialMovingAverage`, average]]),
    );
    expect(load(bytes, 'all').weights.get(name)).toEqual(average);
  });

  it('serve another head and other classes by their backbone', () => {
    const wanted: DeepLabSettings = { ...settings, head: 'v3+', atrousRates: [6, 12], classes: 9 };
    const bytes = checkpointOf(trained);
    const { taken, weights } = load(bytes, 'without-head', wanted);
    expect(taken.every((name) => name.startsWith('MobilenetV2/'))).toBe(true);
    expect(taken.length).toBeGreaterThan(200);
    expect(weights.size).toBe(
      describeNetwork(wanted).parameters.length + describeNetwork(wanted).statistics.length,
    );
    expect(failureOf(() => load(bytes, 'without-logits', wanted)).message).toMatch(
      /"aspp1_depthwise\/depthwise_weights" is missing.*leave its last layers out/,
    );
  });

  it('serve a decoder and other classes by backbone and ASPP', () => {
    const wanted: DeepLabSettings = { ...settings, head: 'v3+', classes: 9 };
    const { taken, renewed } = load(checkpointOf(trained), 'without-decoder', wanted);
    expect(taken).toContain('concat_projection/weights');
    for (const name of renewed) expect(name).toMatch(/^(decoder|logits)\//);
  });

  it('serve other classes by the scores of those they resemble', async () => {
    const resembled = [5, 0, 5, 2];
    const few: DeepLabSettings = { ...settings, classes: resembled.length };
    const { weights, renewed } = loadInitialWeights(
      checkpointOf(trained),
      'best.safetensors',
      describeNetwork(few),
      { lastLayers: 'all', random: seededRandom(3), classes: () => resembled },
    );
    expect(renewed).toEqual([]);
    const found = (await runGraph(inferenceGraph(few, weights, size), { image }))['logits'];
    const all = (await logits(trained)) as Tensor;
    expect(relativeDifference(found, chosenPlanes(all, resembled))).toBeLessThan(1e-5);
  });

  it('are refused for other classes, naming both counts and the option', () => {
    const error = failureOf(() => load(checkpointOf(trained), 'all', { ...settings, classes: 4 }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(/^best\.safetensors: .*expected 4.*found 6.*'without-logits'/);
  });
});

describe('a decoder that passes through', () => {
  const grown: DeepLabSettings = {
    ...settings,
    head: 'v3+',
    decoderFilters: 2 * settings.classes + 3,
  };
  const wanted = describeNetwork(grown);
  const load = (bytes: Uint8Array, network = wanted) =>
    loadInitialWeights(bytes, 'a', network, {
      lastLayers: 'all',
      decoder: 'pass-through',
      random: seededRandom(3),
    });
  const plain = livelyWeights(network, seededRandom(1));

  it.each([
    ['a TFLite file', foldedFile(network, plain, 'float')],
    ['a checkpoint', checkpointOf(plain)],
  ])('leaves the scores of %s as they are', async (_, bytes) => {
    const { weights, renewed, rebuiltBatchNorm } = load(bytes);
    const graph = inferenceGraph(grown, weights, size);
    const scores = (await runGraph(graph, { image }))['logits'];
    expect(relativeDifference(scores, (await logits(plain)) as Tensor)).toBeLessThan(1e-5);
    expect(rebuiltBatchNorm).toBe(true);
    expect(new Set(renewed.map((name) => name.replace(/\/[^/]*$/, '')))).toEqual(
      new Set(['decoder/feature_projection0', 'decoder/feature_projection0/BatchNorm']),
    );
  });

  it('hands on the scores of the classes that others resemble', async () => {
    const resembled = [3, 3, 1];
    const few: DeepLabSettings = { ...grown, classes: resembled.length };
    const { weights } = loadInitialWeights(checkpointOf(plain), 'a', describeNetwork(few), {
      lastLayers: 'all',
      decoder: 'pass-through',
      classes: () => resembled,
      random: seededRandom(3),
    });
    const found = (await runGraph(inferenceGraph(few, weights, size), { image }))['logits'];
    const all = (await logits(plain)) as Tensor;
    expect(relativeDifference(found, chosenPlanes(all, resembled))).toBeLessThan(1e-5);
  });

  it.each([
    [{ convolutions: 'plain' }, 'found plain convolutions'],
    [{ decoderStrides: [8, 4] }, 'found several stages'],
  ] as const)('is refused with %j', (change, told) => {
    const other = describeNetwork({ ...grown, ...change });
    const error = failureOf(() => load(checkpointOf(plain), other));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toContain(told);
  });

  it('is refused where it is too narrow, with the width it needs', () => {
    const narrow = describeNetwork({ ...grown, decoderFilters: 11 });
    const error = failureOf(() => load(checkpointOf(plain), narrow));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(/decoderFilters.*at least 12.*found 11/);
  });
});
