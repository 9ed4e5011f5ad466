import { beforeAll, describe, expect, it } from 'vitest';
import { backward } from '../../autodiff/backward.js';
import { seededRandom } from '../../core/random.js';
import { float32, int64, type Tensor, tensor, toNumbers } from '../../core/tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { runGraph } from '../../graph/engine.fixture.js';
import { expandComposites } from '../../graph/expansions/index.js';
import { keptPixels, LossInputs, LossLabels, type LossSettings, totalLoss } from './index.js';

const shape = [2, 4, 3, 5] as const;
const [batch, classes, height, width] = shape;
const pixels = batch * height * width;
const ignore = 255;

const random = seededRandom(7);
const logits = Array.from({ length: pixels * classes }, () => 2 * random.normal());
/** Class 3 does not occur; a sixth of the pixels is ignored. */
const labels = Array.from({ length: pixels }, () =>
  random.integer(0, 5) === 5 ? ignore : random.integer(0, 2),
);
const counted = labels.flatMap((label, pixel) => (label === ignore ? [] : [{ label, pixel }]));

/** Loss and its gradient by the logits, by the graph. */
async function graphLoss(
  settings: readonly LossSettings[],
  given: readonly number[] = logits,
  truth: readonly number[] = labels,
  kept = pixels,
): Promise<{ readonly loss: number; readonly gradient: readonly number[] }> {
  const builder = new GraphBuilder();
  const input = builder.input('logits', 'float32', shape);
  const truths = builder.input('labels', 'uint8', [batch, height, width]);
  const hard = settings.some((loss) => loss.kind === 'cross-entropy' && loss.hardPixels);
  const count = hard ? builder.input('kept', 'int64', [1]) : undefined;
  const inputs = new LossInputs(input, new LossLabels(builder, truths, ignore));
  const loss = totalLoss(inputs, settings, count);
  const [gradient = loss] = backward(builder, loss, [input]);
  const graph = builder.build([
    { name: 'loss', value: loss },
    { name: 'gradient', value: gradient },
  ]);
  const outputs = await runGraph(expandComposites(graph), {
    logits: float32(shape, given),
    labels: tensor('uint8', [batch, height, width], Uint8Array.from(truth)),
    ...(hard ? { kept: int64([kept]) } : {}),
  });
  const numbers = (found: Tensor | undefined) => (found === undefined ? [] : toNumbers(found));
  return {
    loss: numbers(outputs['loss'])[0] ?? Number.NaN,
    gradient: numbers(outputs['gradient']),
  };
}

/** Class probabilities of a pixel. */
function probabilities(pixel: number, given: readonly number[] = logits): readonly number[] {
  const plane = height * width;
  const [sample, place] = [Math.floor(pixel / plane), pixel % plane];
  const own = Array.from(
    { length: classes },
    (_, c) => given[(sample * classes + c) * plane + place] ?? 0,
  );
  const greatest = Math.max(...own);
  const powers = own.map((value) => Math.exp(value - greatest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

const logOf = (pixel: number, label: number) => Math.log(probabilities(pixel)[label] ?? 0);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const present = [0, 1, 2];

/** Lovász extension of the Jaccard loss straight from its definition, by sets of errors. */
function lovaszOf(label: number): number {
  const errors = counted
    .map(({ pixel, label: truth }) => {
      const p = probabilities(pixel)[label] ?? 0;
      return { error: truth === label ? 1 - p : p, truth: truth === label };
    })
    .sort((a, b) => b.error - a.error);
  const truths = errors.filter(({ truth }) => truth).length;
  /** Jaccard loss where the first n pixels are wrong. */
  const jaccard = (wrong: number) => {
    const first = errors.slice(0, wrong);
    const missed = first.filter(({ truth }) => truth).length;
    return wrong === 0 ? 0 : 1 - (truths - missed) / (truths + first.length - missed);
  };
  return errors.reduce((sum, { error }, at) => sum + error * (jaccard(at + 1) - jaccard(at)), 0);
}

describe('losses', () => {
  const weights = [0.5, 2, 1.5, 3];
  const smoothing = 0.1;

  it.each<[string, LossSettings, () => number]>([
    [
      'cross-entropy, ignored pixels left out',
      { kind: 'cross-entropy' },
      () => mean(counted.map(({ pixel, label }) => -logOf(pixel, label))),
    ],
    [
      'class weights, which do not enter the divisor',
      { kind: 'cross-entropy', classWeights: weights },
      () => mean(counted.map(({ pixel, label }) => -(weights[label] ?? 0) * logOf(pixel, label))),
    ],
    [
      'label smoothing',
      { kind: 'cross-entropy', labelSmoothing: smoothing },
      () =>
        mean(
          counted.map(({ pixel, label }) => {
            const even = mean(weights.map((_, c) => logOf(pixel, c)));
            return -(1 - smoothing) * logOf(pixel, label) - smoothing * even;
          }),
        ),
    ],
    [
      'focal',
      { kind: 'focal', gamma: 1.5, classWeights: weights },
      () =>
        mean(
          counted.map(({ pixel, label }) => {
            const p = probabilities(pixel)[label] ?? 0;
            return -(weights[label] ?? 0) * (1 - p) ** 1.5 * Math.log(p);
          }),
        ),
    ],
    [
      'dice over the classes that occur',
      { kind: 'dice', smooth: 0.5 },
      () =>
        1 -
        mean(
          present.map((c) => {
            const shares = counted.map(({ pixel }) => probabilities(pixel)[c] ?? 0);
            const truth = counted.map(({ label }) => (label === c ? 1 : 0));
            const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
            const shared = sum(shares.map((p, at) => p * (truth[at] ?? 0)));
            return (2 * shared + 0.5) / (sum(shares) + sum(truth) + 0.5);
          }),
        ),
    ],
    ['Lovász-softmax', { kind: 'lovasz' }, () => mean(present.map(lovaszOf))],
  ])('%s', async (_, settings, plain) => {
    expect((await graphLoss([settings])).loss).toBeCloseTo(plain(), 5);
  });

  it('hard pixels: the mean of the largest losses', async () => {
    const all = counted.map(({ pixel, label }) => -logOf(pixel, label)).sort((a, b) => b - a);
    const settings = [{ kind: 'cross-entropy', hardPixels: { share: 0.2, rampSteps: 0 } }] as const;
    const { loss, gradient } = await graphLoss(settings, logits, labels, 6);
    expect(loss).toBeCloseTo(mean(all.slice(0, 6)), 5);
    expect(new Set(gradient.flatMap((value, at) => (value === 0 ? [] : [pixelAt(at)]))).size).toBe(
      6,
    );
    // Where more are kept than there are labelled ones, the ignored ones do not count.
    expect((await graphLoss(settings)).loss).toBeCloseTo(mean(all), 5);
  });

  it('several losses by their weights', async () => {
    const [dice, focal] = [{ kind: 'dice' }, { kind: 'focal' }] as const;
    const [a, b] = [await graphLoss([dice]), await graphLoss([focal])];
    const both = await graphLoss([
      { ...dice, weight: 0.25 },
      { ...focal, weight: 3 },
    ]);
    expect(both.loss).toBeCloseTo(0.25 * a.loss + 3 * b.loss, 5);
  });

  it.each<LossSettings>([
    { kind: 'cross-entropy', labelSmoothing: 0.1, classWeights: weights },
    { kind: 'focal' },
    { kind: 'dice' },
    { kind: 'lovasz' },
  ])('has no gradient where every pixel is ignored: $kind', async (settings) => {
    const nothing = labels.map(() => ignore);
    const { loss, gradient } = await graphLoss([settings], logits, nothing);
    expect(loss).toBeCloseTo(settings.kind === 'dice' ? 1 : 0, 6);
    expect(gradient.every((value) => value === 0)).toBe(true);
  });
});

describe('gradients of losses', () => {
  const direction = logits.map(() => random.normal());
  let slope: (settings: LossSettings) => Promise<number>;

  beforeAll(() => {
    const step = 2e-3;
    const moved = (factor: number) => logits.map((x, at) => x + factor * (direction[at] ?? 0));
    slope = async (settings) => {
      const [up, down] = [
        await graphLoss([settings], moved(step)),
        await graphLoss([settings], moved(-step)),
      ];
      return (up.loss - down.loss) / (2 * step);
    };
  });

  it.each<LossSettings>([
    { kind: 'cross-entropy', classWeights: [0.5, 2, 1.5, 3], labelSmoothing: 0.1 },
    { kind: 'focal' },
    { kind: 'dice' },
    { kind: 'lovasz' },
  ])('follow central differences: $kind', async (settings) => {
    const { gradient } = await graphLoss([settings]);
    const along = gradient.reduce((sum, value, at) => sum + value * (direction[at] ?? 0), 0);
    expect(Math.abs(along)).toBeGreaterThan(1e-3);
    expect(along).toBeCloseTo(await slope(settings), 3);
  });
});

describe('keptPixels', () => {
  it('falls from all to the share, never to none', () => {
    const settings = { share: 0.25, rampSteps: 100 };
    expect([0, 50, 100, 5000].map((step) => keptPixels(settings, step, 800))).toEqual([
      800, 500, 200, 200,
    ]);
    expect(keptPixels({ share: 0.001, rampSteps: 0 }, 0, 10)).toBe(1);
  });
});

function pixelAt(element: number): number {
  const plane = height * width;
  return Math.floor(element / (plane * classes)) * plane + (element % plane);
}
