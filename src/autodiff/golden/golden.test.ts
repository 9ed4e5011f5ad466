import { describe, expect, it } from 'vitest';
import { type Tensor, toNumbers } from '../../core/tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { runGraph } from '../../graph/engine.fixture.js';
import { expandComposites } from '../../graph/expansions/index.js';
import type { Value } from '../../graph/graph.js';
import { verify } from '../../graph/verify.js';
import { backward } from '../backward.js';
import { type Layer, layers } from './layers.fixture.js';
import { type Golden, readGolden } from './read-golden.fixture.js';

/** What ONNX Runtime computes for a layer: `output`, `loss` and the gradients by their names. */
async function computed(
  layer: Layer,
  { trained, fed }: Golden,
): Promise<Readonly<Record<string, Tensor>>> {
  const builder = new GraphBuilder();
  const feeds = { ...trained, ...fed };
  const inputs = new Map<string, Value>();
  for (const [name, { dtype, shape }] of Object.entries(feeds)) {
    inputs.set(name, builder.input(name, dtype, shape));
  }
  const input = (name: string): Value => {
    const value = inputs.get(name);
    if (value === undefined) throw new RangeError(`the golden file has no "${name}"`);
    return value;
  };
  const { output, loss } = layer(builder, input);
  const names = Object.keys(trained);
  const gradients = backward(builder, loss, names.map(input));
  const graph = expandComposites(
    builder.build([
      { name: 'output', value: output },
      { name: 'loss', value: loss },
      ...gradients.map((value, at) => ({ name: `gradient of ${names[at]}`, value })),
    ]),
  );
  verify(graph);
  return runGraph(graph, feeds);
}

/** Largest difference between elements, relative to the largest element. */
function difference(found: Tensor | undefined, golden: Tensor): number {
  if (`${found?.shape}` !== `${golden.shape}`) return Number.POSITIVE_INFINITY;
  const numbers = found === undefined ? [] : toNumbers(found);
  const expected = toNumbers(golden);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, at) => Math.abs(value - (numbers[at] ?? 0)))) / largest;
}

describe('compound layers have the values and gradients that PyTorch gives', () => {
  it.each(Object.entries(layers))('%s', async (name, layer) => {
    const golden = readGolden(name);
    const found = await computed(layer, golden);
    expect(difference(found['output'], golden.output), 'output').toBeLessThan(1e-5);
    expect(difference(found['loss'], golden.loss), 'loss').toBeLessThan(1e-5);
    for (const [parameter, gradient] of Object.entries(golden.gradients)) {
      const error = difference(found[`gradient of ${parameter}`], gradient);
      expect(error, parameter).toBeLessThan(1e-4);
    }
  });
});
