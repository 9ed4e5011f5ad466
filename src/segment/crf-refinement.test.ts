import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { denseCrf, unaryFromProbabilities } from '../crf/index.js';
import { rgbImage } from '../image/index.js';
import { decodeImage } from '../image/node/index.js';
import { nodeRuntime } from '../runtime/node/index.js';
import { brightnessIndices, brightnessOnnx } from './brightness-model.fixture.js';
import { loadModelFile, Segmenter } from './node/segmenter.js';
import type { Segmentation } from './segmentation.js';
import { BaseSegmenter } from './segmenter.js';

const size = { width: 65, height: 49 };
const parameters = { bilateralPositionDeviation: 20, bilateralColourDeviation: 40, iterations: 5 };

/** A dark and a light half, whose pixels are of any brightness now and then. */
function noisyHalves(width = 65, height = 49) {
  const random = seededRandom(4);
  const image = rgbImage(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const half = pixel % width < width / 2 ? 20 : 240;
    const value = random.uniform() < 0.1 ? random.integer(0, 255) : half;
    image.data.fill(value, pixel * 3, pixel * 3 + 3);
  }
  return image;
}

describe('a segmenter with a dense CRF', () => {
  let segmenter: Segmenter;
  beforeAll(async () => {
    segmenter = await Segmenter.load(brightnessOnnx({ classes: 4 }), { size, threads: 2 });
  });
  afterAll(() => segmenter.dispose());

  it('gives what the CRF makes of its probabilities', async () => {
    const image = noisyHalves();
    const plain = await segmenter.segment(image, { probabilities: true });
    const refined = await segmenter.segment(image, { probabilities: true, crf: parameters });
    const planes = { ...size, classes: 4, data: plain.probabilities ?? new Float32Array() };
    const expected = denseCrf(image, unaryFromProbabilities(planes), parameters);
    expect(refined.labelMap).toEqual(expected.labels.data);
    expect(refined.probabilities).toEqual(expected.probabilities.data);
    expect(refined.labelMapBeforeCrf).toEqual(plain.labelMap);
    expect(refined.labelMap).not.toEqual(plain.labelMap);
    expect(plain.labelMapBeforeCrf).toBeUndefined();
    expect(plain.timings.crf).toBe(0);
    expect(refined.timings.crf).toBeGreaterThan(0);
    // Specks go over to the halves around them.
    const halves = ({ classes }: Segmentation): number =>
      classes
        .filter(({ index }) => index === 0 || index === 3)
        .reduce((sum, { share }) => sum + share, 0);
    expect(halves(refined)).toBeGreaterThan(halves(plain));
    expect(refined.mask().data).toEqual(refined.labelMap);
  });

  it('uses the published parameters where none are given, and keeps probabilities only if asked', async () => {
    const image = noisyHalves();
    const { labelMap, probabilities } = await segmenter.segment(image, { crf: true });
    const same = await segmenter.segment(image, { crf: { spatialPositionDeviation: 1 } });
    expect(labelMap).toEqual(same.labelMap);
    expect(probabilities).toBeUndefined();
    const off = await segmenter.segment(image, { crf: false });
    expect(off.labelMap).toEqual((await segmenter.segment(image)).labelMap);
  });

  it('refines the whole picture after flips, scales and tiles', async () => {
    const image = noisyHalves(150, 60);
    const views = { flip: true, scales: [0.5, 1], tile: { overlap: 8 } };
    const plain = await segmenter.segment(image, { ...views, probabilities: true });
    const refined = await segmenter.segment(image, { ...views, crf: parameters });
    const data = plain.probabilities ?? new Float32Array();
    const planes = { width: 150, height: 60, classes: 4, data };
    const expected = denseCrf(image, unaryFromProbabilities(planes), parameters);
    expect(refined.labelMap).toEqual(expected.labels.data);
  });

  it.each<readonly [string, object]>([
    ['', {}],
    [' from tiles', { tile: true }],
    [' from several views', { flip: true, scales: [0.5, 1] }],
  ])('refines pictures too large for its memory at a smaller size%s', async (_, views) => {
    const image = noisyHalves(390, 294);
    const whole = await segmenter.segment(image, { ...views, crf: parameters });
    const crf = { ...parameters, memoryLimit: 2 ** 20 * 8 };
    const found = await segmenter.segment(image, { ...views, crf, probabilities: true });
    expect(found.labelMapBeforeCrf).toEqual(whole.labelMapBeforeCrf);
    const same = found.labelMap.filter((label, pixel) => label === whole.labelMap[pixel]);
    expect(found.labelMap).toHaveLength(390 * 294);
    expect(same.length / found.labelMap.length).toBeGreaterThan(0.9);
    expect(found.labelMap).not.toEqual(whole.labelMap);
    const sum = [0, 1, 2, 3].reduce(
      (total, label) => total + (found.probabilities?.[label * 390 * 294 + 777] ?? 0),
      0,
    );
    expect(sum).toBeCloseTo(1, 5);
  });

  it('tries smaller sizes where a picture takes more memory than most', async () => {
    // No two pixels of one colour: as many points of the lattice as there can be.
    const random = seededRandom(6);
    const image = rgbImage(65, 49);
    for (const at of image.data.keys()) image.data[at] = random.integer(0, 255);
    const { labelMap } = await segmenter.segment(image, { crf: { memoryLimit: 196 * 65 * 49 } });
    expect(labelMap).toHaveLength(65 * 49);
    expect(labelMap).not.toEqual((await segmenter.segment(image, { crf: true })).labelMap);
  });

  it('is the same on the calling thread, which is what other platforms have', async () => {
    const { model, sidecar } = await loadModelFile(brightnessOnnx({ classes: 4 }));
    const parts = { file: model, sidecar, runtime: nodeRuntime({ worker: false }) };
    const here = new BaseSegmenter(parts, (file: string) => decodeImage(file), { size });
    const image = noisyHalves();
    const there = await segmenter.segment(image, { probabilities: true, crf: parameters });
    const answer = await here.segment(image, { probabilities: true, crf: parameters });
    expect(answer.probabilities).toEqual(there.probabilities);
    await here.dispose();
  });

  it.each<readonly [object, string]>([
    [{ iterations: -1 }, 'dense CRF: iterations'],
    [{ bilateralWieght: 3 }, 'did you mean "bilateralWeight"?'],
  ])('refuses %o before any picture', (crf, complaint) => {
    expect(() => segmenter.check({ crf })).toThrow(complaint);
  });

  it('refuses pictures that take too much memory, and works on', async () => {
    const image = noisyHalves();
    await expect(segmenter.segment(image, { crf: { memoryLimit: 1000 } })).rejects.toThrow(
      /dense CRF of \d+x\d+ pixels and 4 classes: needs more memory/,
    );
    expect((await segmenter.segment(image, { crf: true })).labelMap.length).toBe(65 * 49);
  });

  it('refuses models that give class indices', async () => {
    const indices = await Segmenter.load(brightnessIndices(), { size, worker: false });
    expect(() => indices.check({ crf: true })).toThrow(/class indices only, and a dense CRF needs/);
    await expect(indices.segment(noisyHalves(), { crf: true })).rejects.toThrow(/dense CRF/);
    await expect(indices.scores(noisyHalves())).rejects.toThrow(/class indices only/);
    await indices.dispose();
  });
});
