import { expect, it } from 'vitest';
import { float32, type Tensor, tensor } from '../core/tensor.js';
import type { Session } from '../runtime/index.js';
import { lossOutput, nextName } from './step-graph/index.js';
import { AccumulatedStep, type StepCall } from './step-program.js';

const parts = 3;
const name = 'norm/moving_mean';
const call: StepCall = {
  batch: {
    images: tensor('uint8', [parts, 1, 1, 3], new Uint8Array(3 * parts)),
    labels: tensor('uint8', [parts, 1, 1], new Uint8Array(parts)),
  },
  seed: 1,
  number: 1,
  scalars: {},
};

/** A session that adds 1 to the statistic, and gives one loss after the other. */
function counting(losses: readonly number[]): Session {
  const queue = [...losses];
  const type = { dtype: 'float32', shape: [1] } as const;
  return {
    device: 'cpu',
    inputs: [{ name, ...type }],
    outputs: [
      { name: nextName(name), ...type },
      { name: lossOutput, ...type },
    ],
    run: async (feeds, _, { into = {} } = {}) => {
      const [from, to] = [feeds[name], into[nextName(name)]];
      if (from === undefined || to === undefined) throw new Error('no statistic');
      to.data[0] = Number(from.data[0]) + 1;
      return { [lossOutput]: float32([], [queue.shift() ?? 0]) };
    },
    profile: async () => [],
    dispose: async () => {},
  };
}

const nothing: Session = { ...counting([]), inputs: [], outputs: [], run: async () => ({}) };

it('follows statistics part by part, and forgets those of a step whose loss is no number', async () => {
  const statistic = { name, shape: [1], initial: 0, decay: 0.9 } as const;
  const trained = { parameters: [], statistics: [statistic], dropoutMasks: [] };
  const state = new Map([[name, float32([1], [0])]]);
  const losses = [1, 1, 1, 1, 1, Number.NaN, 1, 1, 1];
  const gradients = { session: counting(losses), cells: [] };
  const updates = { session: nothing, cells: [] };
  const step = new AccumulatedStep(gradients, updates, trained, state, parts, 255);
  const value = () => step.state.get(name)?.data[0];

  expect(await step.run(call)).toBe(1);
  expect(value()).toBe(0);
  step.accept();
  expect(value()).toBe(3);
  const before: Tensor | undefined = step.state.get(name);
  expect(await step.run(call)).toBeNaN();
  expect(value()).toBe(3);
  expect(await step.run(call)).toBe(1);
  step.accept();
  expect(value()).toBe(6);
  // Held by whoever asked for it until the step after this one.
  expect(before?.data[0]).toBe(3);
});
