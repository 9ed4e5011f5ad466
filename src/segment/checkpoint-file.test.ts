import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pascalVoc } from '../catalog/index.js';
import { FormatError, OptionError } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import { runGraph } from '../graph/engine.fixture.js';
import type { Node } from '../graph/graph.js';
import { rgbImage } from '../image/index.js';
import { decodeImage } from '../image/node/index.js';
import { deepLabDefaults } from '../models/deeplab.js';
import { loadInitialWeights } from '../weights/initial-weights.js';
import { describeNetwork } from '../weights/network-graph.js';
import { checkpointBytes, smallCheckpoint } from '../weights/small-checkpoint.fixture.js';
import { normalisationOf, readModelFile, segmentationGraphOf } from './model-file.js';
import { Segmenter } from './node/segmenter.js';

function failureOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it was not refused');
}

const random = seededRandom(1);
const picture = rgbImage(
  40,
  30,
  Uint8Array.from({ length: 40 * 30 * 3 }, () => random.integer(0, 255)),
);

describe('a checkpoint as a model', () => {
  const bytes = checkpointBytes(
    smallCheckpoint(
      {},
      {
        labels: ['sky', 'road', 'nothing', 'tree'],
        background: 2,
        palette: [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
          [0, 0, 0],
        ],
        normalisation: { mean: [10, 20, 30], std: [100, 90, 80] },
      },
    ),
  );

  it('says all of itself', async () => {
    const segmenter = await Segmenter.load(bytes, { worker: false });
    const { file, inputSize, normalisation, classes } = segmenter;
    await segmenter.dispose();
    expect([file.format, file.fixedSize]).toEqual(['checkpoint', undefined]);
    expect(inputSize).toEqual({ width: 97, height: 65 });
    expect(normalisation).toEqual({ mean: [10, 20, 30], std: [100, 90, 80] });
    expect(classes.labels).toEqual(['sky', 'road', 'nothing', 'tree']);
    expect([classes.palette[1], classes.background]).toEqual([[4, 5, 6], 2]);
    expect(classes.source).toBe('file metadata');
  });

  it('segments at any size', async () => {
    const segmenter = await Segmenter.load(bytes, { worker: false });
    for (const size of [undefined, { width: 33, height: 49 }, { width: 50, height: 20 }]) {
      const { labelMap, width, height } = await segmenter.segment(picture, size ? { size } : {});
      expect([width, height, labelMap.length]).toEqual([40, 30, 1200]);
    }
    await segmenter.dispose();
  });

  it.each([
    [4, 25, 17, 8],
    [8, 13, 9, 4],
    [32, 4, 3, 1],
  ])('is built at output stride %i', (outputStride, width, height, rate) => {
    const file = readModelFile(bytes, 'a.safetensors', { outputStride });
    const size = { width: 97, height: 65 };
    const { graph, output } = segmentationGraphOf(file, normalisationOf(file, undefined), size);
    expect(output).toMatchObject({ kind: 'scores', classes: 4, width, height });
    const last = graph.nodes.findLast(
      (node): node is Node<'Conv'> => node.op === 'Conv' && node.attributes.group > 1,
    );
    expect(last?.attributes.dilations).toEqual([rate, rate]);
  });

  it('tells classes from pixels where there are more classes', () => {
    const many = checkpointBytes(smallCheckpoint({ classes: 60 }));
    const file = readModelFile(many, 'a.safetensors');
    const normalisation = normalisationOf(file, undefined);
    for (const size of [
      { width: 33, height: 65 },
      { width: 65, height: 33 },
      { width: 60, height: 60 },
    ]) {
      const { output } = segmentationGraphOf(file, normalisation, size);
      expect(output).toMatchObject({ classes: 60, convention: 'align-corners' });
    }
  });

  it('takes the colours that overlays know where it has the usual palette', async () => {
    const voc = pascalVoc.palette.map(([red, green, blue]): [number, number, number] => [
      red,
      green,
      blue,
    ]);
    const usual = checkpointBytes(smallCheckpoint({ classes: 21 }, { palette: voc }));
    const segmenter = await Segmenter.load(usual, { worker: false });
    expect(segmenter.classes.palette).toEqual(voc);
    expect(segmenter.classes.tints).not.toEqual(voc);
    await segmenter.dispose();
  });

  it('is refused at an output stride that there is not', () => {
    const error = failureOf(() => readModelFile(bytes, 'a.safetensors', { outputStride: 12 }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(/^a\.safetensors: .*expected 4, 8, 16, 32, found 12/);
  });

  it.each([
    ['without a weight', (tensors: Map<string, unknown>) => tensors.delete('aspp0/weights')],
    [
      'with a weight of another shape',
      (tensors: Map<string, unknown>) =>
        tensors.set('aspp0/weights', tensors.get('image_pooling/BatchNorm/gamma')),
    ],
  ])('is refused %s', (_, damage) => {
    const checkpoint = smallCheckpoint();
    damage(checkpoint.tensors);
    const error = failureOf(() => readModelFile(checkpointBytes(checkpoint), 'best.safetensors'));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^best\.safetensors: "aspp0\/weights" is .*expected float32/);
  });

  it('is refused where it is cut off, as what it is', () => {
    const error = failureOf(() => readModelFile(bytes.subarray(0, 9000), 'best.safetensors'));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^best\.safetensors.*cut off/);
  });

  it('needs no sidecar, and does not take its configuration for one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'atrous-checkpoint-'));
    try {
      const file = path.join(folder, 'best.safetensors');
      await writeFile(file, bytes);
      await writeFile(path.join(folder, 'best.json'), '{"steps": 100}');
      const segmenter = await Segmenter.load(file, { worker: false });
      expect(segmenter.labels).toEqual(['sky', 'road', 'nothing', 'tree']);
      await segmenter.dispose();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

const shared = path.resolve(process.cwd(), '../shared');
const starter = path.join(shared, 'models/deeplabv3_257_mv_gpu.tflite');

describe.skipIf(!existsSync(starter))(
  'the starter model, imported and kept as a checkpoint',
  () => {
    const folder = path.join(shared, 'golden/starter-257');
    let segmenter: Segmenter;
    beforeAll(async () => {
      const settings = { ...deepLabDefaults, depthMultiplier: 0.5, outputStride: 8 } as const;
      const { weights } = loadInitialWeights(
        readFileSync(starter),
        'starter',
        describeNetwork(settings),
        { lastLayers: 'all', random },
      );
      const { metadata } = smallCheckpoint(settings, {
        labels: [...pascalVoc.labels],
        size: [257, 257],
      });
      segmenter = await Segmenter.load(checkpointBytes({ metadata, tensors: weights }), {
        worker: false,
      });
    });
    afterAll(() => segmenter?.dispose());

    it.each(['bird_segmentation', 'cat_720p', 'dog_segmentation_256', 'pets'])(
      'gives the reference label map of %s',
      async (name) => {
        const { labelMap } = await segmenter.segment(path.join(folder, `${name}_257.png`));
        const { data } = await decodeImage(path.join(folder, `${name}_mask.png`));
        const equal = labelMap.filter((label, pixel) => label === data[3 * pixel]).length;
        expect(equal / labelMap.length).toBeGreaterThanOrEqual(0.999);
      },
    );

    it('gives the reference logits', async () => {
      const name = 'bird_segmentation';
      const graph = segmenter.file.graph({ width: 257, height: 257 });
      const { data } = await decodeImage(path.join(folder, `${name}_257.png`));
      const plane = 257 * 257;
      const image = new Float32Array(data.length);
      data.forEach((value, at) => {
        image[(at % 3) * plane + Math.floor(at / 3)] = value / 127.5 - 1;
      });
      const { logits } = await runGraph(graph, {
        image: { dtype: 'float32', shape: [1, 3, 257, 257], data: image },
      });
      const reference: Record<string, readonly number[]> = JSON.parse(
        readFileSync(path.join(folder, `${name}.json`), 'utf8'),
      );
      for (const [key, pixel] of [
        ['logits_0_0', 0],
        ['logits_128_128', 128 * 257 + 128],
      ] as const) {
        expect(reference[key]).toHaveLength(21);
        reference[key]?.forEach((logit, label) => {
          expect(Math.abs(Number(logits?.data[label * plane + pixel]) - logit)).toBeLessThan(1e-3);
        });
      }
    });
  },
);
