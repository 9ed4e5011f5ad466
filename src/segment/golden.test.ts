import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import { pixelInputName } from '../convert/segmentation/image-input.js';
import { float32, tensor } from '../core/tensor.js';
import { writeOnnx } from '../formats/onnx/index.js';
import { decodeImage } from '../image/node/index.js';
import { nodeRuntime } from '../runtime/node/index.js';
import { Segmenter } from './node/segmenter.js';

const shared = path.resolve(process.cwd(), '../shared');
const models = path.join(shared, 'models');

/** The class indices of a reference mask, a grey picture of them. */
async function referenceLabels(file: string): Promise<Uint8Array> {
  const { data } = await decodeImage(file);
  return Uint8Array.from({ length: data.length / 3 }, (_, pixel) => data[3 * pixel] ?? 0);
}

function equalPixels(found: ArrayLike<number>, reference: Uint8Array): number {
  expect(found.length).toBe(reference.length);
  return reference.reduce((sum, label, pixel) => sum + (found[pixel] === label ? 1 : 0), 0);
}

/** equal / (2 · pixels − equal): the measure of the tests that came with the 8-bit models. */
function agreement(found: ArrayLike<number>, reference: Uint8Array): number {
  const equal = equalPixels(found, reference);
  return equal / (2 * reference.length - equal);
}

/** Intersection over union of one class. */
function iouOf(label: number, found: ArrayLike<number>, reference: Uint8Array): number {
  let both = 0;
  let either = 0;
  reference.forEach((expected, pixel) => {
    const hits = (expected === label ? 1 : 0) + (found[pixel] === label ? 1 : 0);
    if (hits === 2) both++;
    if (hits > 0) either++;
  });
  return both / either;
}

const starter = path.join(models, 'deeplabv3_257_mv_gpu.tflite');

describe.skipIf(!existsSync(starter))('the float starter model', () => {
  const folder = path.join(shared, 'golden/starter-257');
  const names = ['bird_segmentation', 'cat_720p', 'dog_segmentation_256', 'pets'];
  let segmenter: Segmenter;
  beforeAll(async () => {
    segmenter = await Segmenter.load(starter, { worker: false });
  });
  afterAll(() => segmenter?.dispose());

  it.each(names)('gives the reference label map of %s', async (name) => {
    const picture = path.join(folder, `${name}_257.png`);
    const { labelMap } = await segmenter.segment(picture);
    const reference = await referenceLabels(path.join(folder, `${name}_mask.png`));
    expect(equalPixels(labelMap, reference) / reference.length).toBeGreaterThanOrEqual(0.999);
  });

  it('gives the reference logits', async () => {
    const { graph, input, output } = segmenter.describe();
    if (output.kind !== 'scores') throw new Error('the model gives scores');
    const session = await nodeRuntime({ worker: false }).open(writeOnnx(graphToOnnx(graph)));
    const { width, height, classes } = output;
    // With aligned corners and 8 pixels a step, the pixels of the references are grid points.
    expect([width, height, output.convention]).toEqual([33, 33, 'align-corners']);
    for (const name of names) {
      const image = await decodeImage(path.join(folder, `${name}_257.png`));
      const shape = [1, 257, 257, 3];
      const pixels =
        input.pixels === 'uint8'
          ? tensor('uint8', shape, new Uint8Array(image.data))
          : float32(shape, image.data);
      const { scores } = await session.run({ [pixelInputName]: pixels });
      const logitsAt = (gridPoint: number) =>
        Array.from({ length: classes }, (_, k) =>
          Number(scores?.data[k * width * height + gridPoint]),
        );
      const text = readFileSync(path.join(folder, `${name}.json`), 'utf8');
      const reference: Record<string, readonly number[]> = JSON.parse(text);
      expect(furthest(logitsAt(0), reference['logits_0_0'])).toBeLessThan(1e-3);
      expect(furthest(logitsAt(16 * width + 16), reference['logits_128_128'])).toBeLessThan(1e-3);
    }
    await session.dispose();
  });
});

function furthest(found: readonly number[], reference: readonly number[] = []): number {
  expect(reference).toHaveLength(found.length);
  return Math.max(...found.map((value, k) => Math.abs(value - (reference[k] ?? Number.NaN))));
}

const bird = 3;
const eightBit = [
  {
    file: 'deeplabv3_mnv2_dm05_pascal_quant.tflite',
    picture: 'bird_segmentation',
    leastAgreement: 0.93,
    leastBirdIou: 0.84,
  },
  {
    file: 'deeplabv3_mnv2_pascal_quant.tflite',
    picture: 'bird_segmentation',
    leastAgreement: 0.95,
    leastBirdIou: 0.9,
  },
  {
    file: 'deeplab_mobilenet_edgetpu_slim_cityscapes_quant.tflite',
    picture: 'cityscapes_segmentation',
    leastAgreement: 0.84,
    leastBirdIou: undefined,
  },
];

describe.each(eightBit)('the 8-bit model $file', (expected) => {
  const file = path.join(models, expected.file);
  const picture = path.join(shared, 'golden/quant-513', expected.picture);

  it.skipIf(!existsSync(file))('agrees with the reference label map', async () => {
    const segmenter = await Segmenter.load(file, { worker: false });
    const { labelMap } = await segmenter.segment(`${picture}.png`);
    await segmenter.dispose();
    const reference = await referenceLabels(`${picture}_mask.png`);
    expect(agreement(labelMap, reference)).toBeGreaterThanOrEqual(expected.leastAgreement);
    if (expected.leastBirdIou !== undefined) {
      const iou = iouOf(bird, labelMap, reference);
      expect(iou).toBeGreaterThanOrEqual(expected.leastBirdIou);
    }
  });
});
