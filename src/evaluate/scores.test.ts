import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { ConfusionMatrix } from './confusion-matrix.js';
import { scoredClasses } from './scored-classes.js';
import { scoresOf } from './scores.js';

const ignore = 255;
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The figures by their definitions on sets of pixels. */
function plainScores(truth: Uint8Array, prediction: Uint8Array, scored: readonly number[]) {
  const pixels = [...truth.keys()].filter((i) => scored.includes(truth[i] ?? ignore));
  const share = (part: readonly number[], whole: readonly number[]) => part.length / whole.length;
  const rows = scored.map((c) => {
    const own = pixels.filter((i) => truth[i] === c);
    const hits = own.filter((i) => prediction[i] === c);
    const union = pixels.filter((i) => truth[i] === c || prediction[i] === c);
    const predicted = pixels.filter((i) => prediction[i] === c);
    return {
      own,
      iou: share(hits, union),
      recall: share(hits, own),
      precision: share(hits, predicted),
    };
  });
  return {
    rows,
    mIoU: mean(rows.map(({ iou }) => iou).filter((iou) => !Number.isNaN(iou))),
    pixelAccuracy: share(
      pixels.filter((i) => truth[i] === prediction[i]),
      pixels,
    ),
    classAccuracy: mean(rows.map(({ recall }) => recall).filter((each) => !Number.isNaN(each))),
    frequencyWeightedIoU: rows
      .filter(({ own }) => own.length > 0)
      .reduce((sum, { own, iou }) => sum + (own.length / pixels.length) * iou, 0),
  };
}

describe('scores', () => {
  it('follow their definitions, of all classes and of a part of them', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 40; round++) {
      const classes = random.integer(2, 9);
      const size = random.integer(20, 300);
      // Some classes hardly ever occur, so that empty ones are among them.
      const draw = () => Math.floor(random.uniform() ** 3 * classes);
      const truth = Uint8Array.from({ length: size }, () =>
        random.uniform() < 0.1 ? ignore : draw(),
      );
      truth[0] = 0;
      const prediction = truth.map((label) =>
        random.uniform() < 0.6 && label < classes ? label : draw(),
      );
      const matrix = new ConfusionMatrix(classes, ignore);
      matrix.add(
        { width: size, height: 1, data: truth },
        { width: size, height: 1, data: prediction },
      );
      const all = Array.from({ length: classes }, (_, index) => index);
      const some = all.filter((index) => index === 0 || random.uniform() < 0.5);
      for (const scored of [all, some]) {
        const found = scoresOf(matrix, [], scored);
        const expected = plainScores(truth, prediction, scored);
        expect(found.mIoU).toBeCloseTo(expected.mIoU, 12);
        expect(found.pixelAccuracy).toBeCloseTo(expected.pixelAccuracy, 12);
        expect(found.classAccuracy).toBeCloseTo(expected.classAccuracy, 12);
        expect(found.frequencyWeightedIoU).toBeCloseTo(expected.frequencyWeightedIoU, 12);
        found.perClass.forEach(({ index, iou, accuracy, precision, truePixels }, i) => {
          const row = expected.rows[i];
          expect(index).toBe(scored[i]);
          expect([iou, accuracy, precision]).toEqual([row?.iou, row?.recall, row?.precision]);
          expect(truePixels).toBe(row?.own.length);
        });
      }
    }
  });

  it('leave classes that occur nowhere out of the mean, not those that are only predicted', () => {
    const matrix = new ConfusionMatrix(4);
    const data = Uint8Array.of(0, 0, 0, 1);
    matrix.add(
      { width: 4, height: 1, data },
      { width: 4, height: 1, data: Uint8Array.of(0, 0, 2, 1) },
    );
    const { mIoU, perClass, classAccuracy } = scoresOf(matrix, ['a', 'b', 'c', 'd']);
    expect(perClass.map(({ iou }) => iou)).toEqual([2 / 3, 1, 0, Number.NaN]);
    expect(perClass.map(({ label }) => label)).toEqual(['a', 'b', 'c', 'd']);
    expect(mIoU).toBeCloseTo((2 / 3 + 1 + 0) / 3, 12);
    expect(classAccuracy).toBeCloseTo((2 / 3 + 1) / 2, 12);
  });

  it('are not numbers where no pixel counts', () => {
    const { mIoU, pixelAccuracy, pixels } = scoresOf(new ConfusionMatrix(2), ['a', 'b']);
    expect([mIoU, pixelAccuracy, pixels]).toEqual([Number.NaN, Number.NaN, 0]);
  });
});

describe('the scored classes', () => {
  const labels = ['background', 'Traffic Light', 'dog', '3'];

  it('are named or numbered, each once, in order', () => {
    expect(scoredClasses(labels, ['dog', 'traffic light', 'dog'])).toEqual([1, 2]);
    expect(scoredClasses(labels, ['0', '3'])).toEqual([0, 3]);
    expect(scoredClasses(labels)).toEqual([0, 1, 2, 3]);
    expect(scoredClasses(labels, undefined, 255)).toEqual([0, 1, 2, 3]);
  });

  it('do not include a class that marks pixels to ignore', () => {
    expect(scoredClasses(labels, undefined, 0)).toEqual([1, 2, 3]);
    expect(() => scoredClasses(labels, ['background'], 0)).toThrow('"background" cannot be scored');
  });

  it('refuse unknown names with the nearest', () => {
    expect(() => scoredClasses(labels, ['dgo'])).toThrow('did you mean "dog"?');
    expect(() => scoredClasses(labels, ['7'])).toThrow('no class "7"');
    expect(() => scoredClasses(labels, [])).toThrow('no class is to be scored');
  });
});
