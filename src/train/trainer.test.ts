import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TrainConfigInput } from './config/config.js';
import { DropoutMask } from './dropout-masks.js';
import { randomBatch, smallSide, smallTrainer } from './small-run.fixture.js';
import type { TrainerBatch } from './step-program.js';
import type { Trainer } from './trainer.js';
import type { TrainingState } from './training-state.js';

const open: Trainer[] = [];
afterEach(async () => {
  for (const trainer of open.splice(0)) await trainer.dispose();
});

async function trainerOf(changes: Partial<TrainConfigInput> = {}): Promise<Trainer> {
  const trainer = await smallTrainer(changes);
  open.push(trainer);
  return trainer;
}

/** Upright stripes in a colour for each class. */
function stripes(): TrainerBatch {
  const batch = randomBatch(1);
  for (let pixel = 0; pixel < batch.labels.data.length; pixel++) {
    const label = Math.floor((3 * (pixel % smallSide)) / smallSide);
    batch.labels.data[pixel] = label;
    for (const channel of [0, 1, 2]) {
      batch.images.data[3 * pixel + channel] = channel === label ? 230 : 20;
    }
  }
  return batch;
}

/** A copy of the state, which later steps do not overwrite. */
function copied(state: TrainingState): ReadonlyMap<string, Float32Array> {
  return new Map([...state].map(([name, { data }]) => [name, data.slice()]));
}

async function stepped(
  changes: Partial<TrainConfigInput>,
  steps: number,
  rate = 0.05,
): Promise<{ readonly losses: readonly number[]; readonly states: ReturnType<typeof copied>[] }> {
  const trainer = await trainerOf(changes);
  const losses: number[] = [];
  const states = [copied(trainer.state)];
  for (let step = 0; step < steps; step++) {
    losses.push(await trainer.step(randomBatch(step), rate));
    states.push(copied(trainer.state));
  }
  return { losses, states };
}

/** Change of a tensor from one state to the next. */
function change(states: readonly ReturnType<typeof copied>[], name: string): readonly number[] {
  const [before, after] = states.slice(-2).map((state) => state.get(name) ?? new Float32Array());
  return Array.from(after ?? [], (value, at) => value - (before?.[at] ?? 0));
}

const largestOf = (values: readonly number[]) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const isParameter = (name: string) => /\/(weights|depthwise_weights|biases|gamma|beta)$/.test(name);
const norm = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

describe('Trainer', () => {
  it('keeps moving averages that start fast, and follows statistics', async () => {
    const averageDecay = 0.5;
    const { states } = await stepped({ averageDecay }, 8);
    const name = 'logits/semantic/weights';
    const values = states.map((state) => state.get(name)?.[3] ?? Number.NaN);
    let average = values[0] ?? Number.NaN;
    for (const [step, value] of values.entries()) {
      if (step === 0) continue;
      average += (1 - Math.min(averageDecay, step / (step + 9))) * (value - average);
    }
    expect(states.at(-1)?.get(`${name}/ExponentialMovingAverage`)?.[3]).toBeCloseTo(average, 6);
    const mean = states.at(-1)?.get('MobilenetV2/Conv/BatchNorm/moving_mean') ?? [];
    expect(mean.some((value) => value !== 0)).toBe(true);
  });

  it('takes a batch in parts as whole where batch norm is frozen', async () => {
    const changes = {
      auxiliary: {},
      batchNorm: 'frozen',
      clipNorm: 0.5,
      averageDecay: 0.9,
    } as const;
    const whole = await stepped(changes, 3);
    const parts = await stepped({ ...changes, microBatches: 4 }, 3);
    for (const [step, loss] of whole.losses.entries()) {
      expect((parts.losses[step] ?? 0) / loss).toBeCloseTo(1, 5);
    }
    const [end, endOfParts] = [whole.states.at(-1), parts.states.at(-1)];
    expect([...(endOfParts?.keys() ?? [])].sort()).toEqual([...(end?.keys() ?? [])].sort());
    for (const [name, values] of end ?? []) {
      const own = endOfParts?.get(name);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
      const apart = values.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - (own?.[at] ?? Number.NaN))),
        0,
      );
      expect(apart / largest, name).toBeLessThan(1e-4);
    }
  });

  it.each([1, 2])(
    'leaves a part with factor 0 as it is, in %i micro-batches',
    async (microBatches) => {
      const factors = { backbone: 0, head: 1, logits: 2 };
      const changes = { microBatches, averageDecay: 0.9, optimizer: { kind: 'adam' } } as const;
      const { states } = await stepped({ ...changes, learningRate: { factors } }, 2, 0.001);
      const [before, after] = [states.at(0), states.at(-1)];
      const moved = (name: string) => `${after?.get(name)}` !== `${before?.get(name)}`;
      const names = [...(after?.keys() ?? [])];
      const backbone = names.filter((name) => name.startsWith('MobilenetV2/'));
      expect(backbone.filter((name) => moved(name) || /Average|Adam/.test(name))).toEqual([]);
      expect(backbone.filter((name) => name.endsWith('/moving_mean')).length).toBeGreaterThan(50);
      const rest = names.filter((name) => !backbone.includes(name));
      expect(rest.filter((name) => name.includes('weights') && !moved(name))).toEqual([]);
      expect(rest).toContain('image_pooling/BatchNorm/moving_mean');
      expect(rest).toContain('logits/semantic/weights/ExponentialMovingAverage');
    },
  );

  it("multiplies the learning rate by a part's factor", async () => {
    const changes = { optimizer: { kind: 'adam' } } as const;
    const factors = { backbone: 0.5, head: 0, logits: 3 };
    const even = await stepped(changes, 1, 0.001);
    const own = await stepped({ ...changes, learningRate: { factors } }, 1, 0.001);
    const ratio = (name: string) =>
      largestOf(change(own.states, name)) / largestOf(change(even.states, name));
    expect(ratio('MobilenetV2/expanded_conv_3/expand/weights')).toBeCloseTo(0.5, 4);
    expect(ratio('logits/semantic/weights')).toBeCloseTo(3, 4);
    expect(ratio('concat_projection/weights')).toBe(0);
  });

  it('learns with a decoder, an auxiliary loss, an image pyramid and hard pixels', async () => {
    const trainer = await trainerOf({
      network: {
        depthMultiplier: 0.1,
        head: 'v3+',
        imagePyramid: { scales: [0.75, 1], merge: 'average' },
      },
      auxiliary: { weight: 1, filters: 3 },
      losses: [{ kind: 'cross-entropy', hardPixels: { share: 0.5 } }],
    });
    const losses: number[] = [];
    for (let step = 0; step < 12; step++) losses.push(await trainer.step(stripes(), 0.01));
    expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] ?? 0));
  });

  it('drops activations unless told otherwise, others in each step', async () => {
    const losses = async (changes: Partial<TrainConfigInput>) => {
      const trainer = await trainerOf(changes);
      // Without a learning rate all that changes from step to step is what is dropped.
      return [await trainer.step(randomBatch(1), 0), await trainer.step(randomBatch(1), 0)];
    };
    const [[first, second], [other]] = [await losses({ seed: 1 }), await losses({ seed: 2 })];
    expect(new Set([first, second, other]).size).toBe(3);
    const [once, again] = await losses({ dropout: false });
    expect(once).toBe(again);
  });

  describe('with plain gradient descent', () => {
    const rate = 0.05;
    const settings = {
      optimizer: { kind: 'sgd', momentum: 0 },
      weightDecay: 0,
      biasMultiplier: 1,
    } as const;
    let plain: Awaited<ReturnType<typeof stepped>>;
    let names: readonly string[];

    beforeAll(async () => {
      plain = await stepped(settings, 1, rate);
      names = [...(plain.states[0]?.keys() ?? [])].filter(isParameter);
    });

    it('clips the gradients together', async () => {
      const clipped = await stepped({ ...settings, clipNorm: 0.01 }, 1, rate);
      const [whole = [], short = []] = [plain, clipped].map(({ states }) =>
        names.flatMap((name) => change(states, name)),
      );
      expect(norm(whole) / rate).toBeGreaterThan(0.1);
      expect(norm(short) / rate).toBeCloseTo(0.01, 4);
      const factor = norm(short) / norm(whole);
      const apart = whole.map((value, at) => factor * value - (short[at] ?? 0));
      expect(norm(apart) / norm(short)).toBeLessThan(1e-2);
    });

    it('decays convolution weights alone, and multiplies gradients of last layers and biases', async () => {
      const multipliers = { lastLayerMultiplier: 2, biasMultiplier: 3 };
      const decayed = await stepped({ ...settings, weightDecay: 0.1, ...multipliers }, 1, rate);
      for (const name of names) {
        const first = plain.states[0]?.get(name) ?? new Float32Array();
        const decay = name.endsWith('/weights') ? rate * 0.1 : 0;
        const part = name.startsWith('MobilenetV2/') ? 1 : multipliers.lastLayerMultiplier;
        const multiplier = part * (name.endsWith('/biases') ? multipliers.biasMultiplier : 1);
        const having = change(decayed.states, name);
        const apart = change(plain.states, name).map(
          (own, at) => multiplier * (own - decay * (first[at] ?? 0)) - (having[at] ?? 0),
        );
        expect(norm(apart), name).toBeLessThanOrEqual(1e-5 * Math.max(norm([...first]), 1));
      }
    });
  });

  it('leaves the state alone where the loss is no number', async () => {
    const trainer = await trainerOf({ microBatches: 2 });
    let loss = 0;
    for (let step = 0; step < 20 && Number.isFinite(loss); step++) {
      const [steps, before] = [trainer.steps, copied(trainer.state)];
      loss = await trainer.step(randomBatch(step), 1e30);
      if (Number.isFinite(loss)) continue;
      expect(trainer.steps).toBe(steps);
      for (const [name, values] of before) {
        expect(trainer.state.get(name)?.data, name).toEqual(values);
      }
    }
    expect(loss).not.toSatisfy(Number.isFinite);
  });
});

describe('DropoutMask', () => {
  it('drops a tenth and keeps the mean', () => {
    const mask = new DropoutMask('mask', [2, 256, 20, 20], 0, 0.9);
    mask.draw(1, 7, 0);
    const values = mask.tensor.data;
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.9)]));
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(dropped).toBeGreaterThan(0.098);
    expect(dropped).toBeLessThan(0.102);
    // Neighbours are dropped independently.
    const pairs = values.filter((value, at) => value === 0 && values[at + 1] === 0).length;
    expect(pairs / values.length).toBeGreaterThan(0.009);
    expect(pairs / values.length).toBeLessThan(0.011);
  });

  it('depends on seed, step, mask and place in the batch, not on the parts of a batch', () => {
    const drawn = (samples: number, seed: number, step: number, first: number, index = 0) => {
      const mask = new DropoutMask('mask', [samples, 64, 5, 5], index, 0.9);
      mask.draw(seed, step, first);
      return mask.tensor.data;
    };
    const whole = drawn(4, 1, 7, 0);
    expect(drawn(2, 1, 7, 2)).toEqual(whole.slice(whole.length / 2));
    expect(drawn(4, 1, 7, 0)).toEqual(whole);
    expect(drawn(4, 1, 8, 0)).not.toEqual(whole);
    expect(drawn(4, 2, 7, 0)).not.toEqual(whole);
    expect(drawn(4, 1, 7, 0, 1)).not.toEqual(whole);
  });
});
