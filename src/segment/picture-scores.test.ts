import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { resizeImage, rgbImage } from '../image/index.js';
import { brightnessOnnx } from './brightness-model.fixture.js';
import { Segmenter } from './node/segmenter.js';
import { labelsOfScores, probabilitiesOfScores } from './picture-scores.js';

const random = seededRandom(8);
const blotches = resizeImage(
  rgbImage(
    6,
    5,
    Uint8Array.from({ length: 90 }, () => random.integer(0, 255)),
  ),
  90,
  40,
);

describe('scores of a picture', () => {
  let segmenter: Segmenter;
  beforeAll(async () => {
    const size = { width: 33, height: 25 };
    segmenter = await Segmenter.load(brightnessOnnx({ classes: 4 }), { size, worker: false });
  });
  afterAll(() => segmenter.dispose());

  it.each([
    { name: 'of one view', options: {}, views: 1 },
    { name: 'of a scale of its own', options: { scales: [2] }, views: 1 },
    { name: 'of several views', options: { scales: [0.5, 1], flip: true }, views: 4 },
    { name: 'of a stretched picture', options: { fit: 'stretch' as const }, views: 1 },
  ])('$name give what the segmenter gives, even after a copy', async ({ options, views }) => {
    const direct = await segmenter.segment(blotches, { ...options, probabilities: true });
    const scores = structuredClone(await segmenter.scores(blotches, options));
    expect(scores).toMatchObject({ picture: { width: 90, height: 40 }, classes: 4 });
    expect(scores.views.length).toBe(views);
    expect(labelsOfScores(scores).data).toEqual(direct.labelMap);
    expect(probabilitiesOfScores(scores)).toEqual(direct.probabilities);
  });
});
