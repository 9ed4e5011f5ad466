import { describe, expect, it } from 'vitest';
import { backward } from '../../autodiff/backward.js';
import { seededRandom } from '../../core/random.js';
import { float32, tensor, toNumbers } from '../../core/tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { runGraph } from '../../graph/engine.fixture.js';
import { expandComposites } from '../../graph/expansions/index.js';
import { type DistillationSettings, distillation, labelsAt } from './distillation.js';
import { LossInputs, LossLabels } from './index.js';

const [batch, classes, height, width] = [2, 3, 2, 4];
const shape = [batch, classes, height, width];
const plane = height * width;
const pixels = batch * plane;
const random = seededRandom(5);
const drawn = () => Array.from({ length: pixels * classes }, () => 2 * random.normal());
const [student, teacher] = [drawn(), drawn()];
const labels = Array.from({ length: pixels }, (_, at) => (at % 4 === 0 ? 255 : at % classes));

/** Loss and gradient by the student's logits, from the graph. */
async function graphLoss(settings: Omit<DistillationSettings, 'weight'>, own = student) {
  const builder = new GraphBuilder();
  const logits = builder.input('logits', 'float32', shape);
  const truth = builder.input('labels', 'uint8', [batch, height, width]);
  const inputs = new LossInputs(logits, new LossLabels(builder, truth, 255));
  const wanted = builder.constant(float32(shape, teacher), 'teacher');
  const loss = distillation(inputs, wanted, { weight: 1, ...settings });
  const [gradient = loss] = backward(builder, loss, [logits]);
  const graph = builder.build([
    { name: 'loss', value: loss },
    { name: 'gradient', value: gradient },
  ]);
  const outputs = await runGraph(expandComposites(graph), {
    logits: float32(shape, own),
    labels: tensor('uint8', [batch, height, width], Uint8Array.from(labels)),
  });
  const numbers = (name: string) => {
    const found = outputs[name];
    return found === undefined ? [] : toNumbers(found);
  };
  return { loss: numbers('loss')[0] ?? Number.NaN, gradient: numbers('gradient') };
}

function shares(logits: readonly number[], pixel: number, temperature: number): readonly number[] {
  const first = Math.floor(pixel / plane) * classes * plane + (pixel % plane);
  const powers = Array.from({ length: classes }, (_, c) =>
    Math.exp((logits[first + c * plane] ?? 0) / temperature),
  );
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** T^2 times the mean divergence over some pixels, from the definition. */
function divergence(temperature: number, counts: (pixel: number) => boolean): number {
  const some = labels.flatMap((_, pixel) => (counts(pixel) ? [pixel] : []));
  const each = some.map((pixel) => {
    const own = shares(student, pixel, temperature);
    return shares(teacher, pixel, temperature).reduce(
      (sum, p, c) => sum + p * Math.log(p / (own[c] ?? 1)),
      0,
    );
  });
  return (temperature ** 2 * each.reduce((a, b) => a + b, 0)) / some.length;
}

const agrees = (pixel: number) => {
  const own = shares(teacher, pixel, 1);
  return labels[pixel] === own.indexOf(Math.max(...own));
};

describe('distillation', () => {
  it.each([
    ['all', 1, () => true],
    ['all', 3, () => true],
    ['unlabelled', 1, (pixel: number) => labels[pixel] === 255],
    ['agreeing', 2, (pixel: number) => labels[pixel] === 255 || agrees(pixel)],
  ] as const)('of %s pixels at temperature %d is the mean divergence', async (which, t, counts) => {
    const { loss, gradient } = await graphLoss({ pixels: which, temperature: t });
    expect(loss).toBeCloseTo(divergence(t, counts), 5);
    for (const pixel of labels.keys()) {
      const at = Math.floor(pixel / plane) * classes * plane + (pixel % plane);
      expect(gradient[at] !== 0).toBe(counts(pixel));
    }
  });

  it('is nothing, and pulls nowhere, where both say the same', async () => {
    const { loss, gradient } = await graphLoss({ pixels: 'all', temperature: 1 }, teacher);
    expect(loss).toBeCloseTo(0, 6);
    for (const value of gradient) expect(value).toBeCloseTo(0, 6);
  });
});

describe('labels at fewer points', () => {
  it('are those on which the points lie, corners on corners', async () => {
    const builder = new GraphBuilder();
    const given = builder.input('labels', 'uint8', [1, 5, 9]);
    const value = labelsAt(builder, given, [2, 5]);
    const rows = Uint8Array.from({ length: 45 }, (_, at) => at);
    const graph = builder.build([{ name: 'few', value }]);
    const { few } = await runGraph(graph, { labels: tensor('uint8', [1, 5, 9], rows) });
    expect(few).toEqual(
      tensor('uint8', [1, 2, 5], Uint8Array.of(0, 2, 4, 6, 8, 36, 38, 40, 42, 44)),
    );
  });
});
