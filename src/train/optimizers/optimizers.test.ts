import { describe, expect, it } from 'vitest';
import { InternalError } from '../../core/errors.js';
import { float32, type Tensor, toNumbers } from '../../core/tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { runGraph } from '../../graph/engine.fixture.js';
import { type OptimizerSettings, slotNames, update } from './index.js';

const first = [1, -2, 3, 0.5];
const gradients = [
  [0.5, -1, 0.25, 2],
  [-0.3, 0.8, 0.1, -1.5],
  [1.2, 0.4, -0.6, 0.7],
  [0.05, -0.9, 2, -0.2],
];
const rate = 0.1;
const decay = 0.05;

/** The parameter after a step for each gradient, by the graph. */
async function trained(settings: OptimizerSettings): Promise<readonly number[]> {
  const builder = new GraphBuilder();
  const input = (name: string) => builder.input(name, 'float32', [first.length]);
  const slots = slotNames(settings);
  const { parameter, slots: next } = update(builder, settings, {
    parameter: input('parameter'),
    gradient: input('gradient'),
    slots: slots.map(input),
    rate: builder.input('rate', 'float32', []),
    step: builder.input('step', 'float32', []),
    decay,
  });
  const graph = builder.build([
    { name: 'next', value: parameter },
    ...slots.map((name, index) => ({ name: `next/${name}`, value: next[index] ?? parameter })),
  ]);
  const vector = (values: readonly number[]): Tensor => float32([values.length], values);
  let state: Record<string, Tensor> = {
    parameter: vector(first),
    ...Object.fromEntries(slots.map((name) => [name, vector([0, 0, 0, 0])])),
  };
  for (const [index, gradient] of gradients.entries()) {
    const outputs = await runGraph(graph, {
      ...state,
      gradient: vector(gradient),
      ...(graph.inputs.some(({ name }) => name === 'rate') ? { rate: float32([], [rate]) } : {}),
      step: float32([], [index + 1]),
    });
    state = Object.fromEntries(
      Object.keys(state).map((name) => [
        name,
        outputs[name === 'parameter' ? 'next' : `next/${name}`] ?? vector([]),
      ]),
    );
  }
  return state['parameter'] === undefined ? [] : toNumbers(state['parameter']);
}

/** The same by a plain loop over one element. */
function plainAdam(value: number, gradient: readonly number[], decayed: number): number {
  let [mean, square, x] = [0, 0, value];
  for (const [index, g] of gradient.entries()) {
    mean = 0.9 * mean + 0.1 * g;
    square = 0.999 * square + 0.001 * g * g;
    const direction =
      mean / (1 - 0.9 ** (index + 1)) / (Math.sqrt(square / (1 - 0.999 ** (index + 1))) + 1e-8);
    x -= rate * (direction + decayed * x);
  }
  return x;
}

function plainMomentum(value: number, gradient: readonly number[], nesterov: boolean): number {
  let [velocity, x] = [0, value];
  for (const g of gradient) {
    velocity = 0.9 * velocity + g;
    x -= rate * (nesterov ? 0.9 * velocity + g : velocity);
  }
  return x;
}

/** Results of torch.optim (PyTorch 1.13) on the same numbers. */
const pyTorch = {
  sgd: [0.67635, -1.8589, 2.800925, 0.1057],
  nesterov: [0.563715, -1.80301, 2.6458328, 0.04513],
  adam: [0.7624083, -1.8866018, 2.7924476, 0.3521425],
  adamw: [0.744561, -1.8483775, 2.7351356, 0.3439183],
} as const;

describe.each([
  ['sgd', { kind: 'sgd' }],
  ['nesterov', { kind: 'sgd', nesterov: true }],
  ['adam', { kind: 'adam' }],
  ['adamw', { kind: 'adamw' }],
] as const)('%s', (name, settings) => {
  it("gives PyTorch's parameters after four steps, and those of a plain loop", async () => {
    const found = await trained(settings);
    for (const [at, value] of first.entries()) {
      const own = gradients.map((gradient) => gradient[at] ?? 0);
      const plain =
        settings.kind === 'sgd'
          ? plainMomentum(value, own, name === 'nesterov')
          : plainAdam(value, own, settings.kind === 'adamw' ? decay : 0);
      expect(found[at]).toBeCloseTo(plain, 5);
      expect(found[at]).toBeCloseTo(pyTorch[name][at] ?? Number.NaN, 5);
    }
  });
});

it.each(['sgd', 'adam', 'adamw'] as const)('%s asks for its slots', (kind) => {
  const builder = new GraphBuilder();
  const given = builder.input('given', 'float32', []);
  const inputs = { parameter: given, gradient: given, slots: [], rate: given, step: given, decay };
  expect(() => update(builder, { kind }, inputs)).toThrow(InternalError);
});
