import { expect, it } from 'vitest';
import { float32, type Shape, toNumbers } from '../core/tensor.js';
import { GraphBuilder } from '../graph/builder.js';
import { runGraph } from '../graph/engine.fixture.js';
import type { Value } from '../graph/graph.js';
import { StateSet } from './state-set.js';
import { withStateCells } from './step-graph/index.js';
import { packed } from './step-graph/packing.js';

const shapes: Readonly<Record<string, Shape>> = {
  kernel: [2, 1, 1, 2],
  gamma: [3],
  beta: [2],
  fixed: [2],
};

/** Doubles vectors together and a kernel alone, and adds up all that there is. */
function doublingGraph() {
  const builder = new GraphBuilder();
  const items = Object.entries(shapes).map(([name, shape]) => ({
    name,
    shape,
    value: builder.input(name, 'float32', shape),
  }));
  const twice = (value: Value) => builder.add('Add', [value, value], {});
  const sums = items.map(({ value, shape }) => {
    const axes = builder.constant(
      { dtype: 'int64', shape: [shape.length], data: BigInt64Array.from(shape.keys(), BigInt) },
      'axes',
    );
    return builder.add('ReduceSum', [value, axes], { keepdims: 0 });
  });
  const moved = items.filter(({ name }) => name !== 'fixed');
  return builder.build([
    { name: 'sum', value: sums.reduce((a, b) => builder.add('Add', [a, b], {})) },
    ...packed(builder, moved, () => 'vector').flatMap((pack) =>
      pack
        .unpack(twice(pack.pack(({ value }) => value)))
        .map(([{ name }, value]) => ({ name: `next/${name}`, value })),
    ),
  ]);
}

it('gives a graph what it packs as one tensor, and shows its parts by name', async () => {
  const whole = doublingGraph();
  const { graph, cells } = withStateCells(whole);
  expect(graph.inputs.map(({ shape }) => shape)).toEqual([[4], [5], [2]]);
  expect(graph.outputs.map(({ name }) => name)).toEqual([
    'sum',
    'next/cell/kernel',
    'next/cell/gamma',
  ]);
  const operators = graph.nodes.map(({ op }) => op);
  expect(operators).not.toContain('Concat');
  expect(operators.filter((op) => op === 'Split' || op === 'Reshape').length).toBe(2);

  const state = new Map([
    ['beta', float32([2], [4, 5])],
    ['fixed', float32([2], [100, 200])],
    ['gamma', float32([3], [1, 2, 3])],
    ['kernel', float32([2, 1, 1, 2], [6, 7, 8, 9])],
  ]);
  const expected = await runGraph(whole, Object.fromEntries(state));
  const before = StateSet.of(state, cells);
  expect([...before.tensors]).toEqual([...state]);
  const names = new Set(graph.outputs.map(({ name }) => name));
  const after = before.another(names);
  expect(after.tensors.get('fixed')).toBe(before.tensors.get('fixed'));

  const feeds = Object.fromEntries(
    graph.inputs.map(({ name }) => [name, before.feeds[name] ?? float32([0], [])]),
  );
  const found = await runGraph(graph, feeds);
  expect(found['sum']).toEqual(expected['sum']);
  for (const { name } of cells) {
    const target = after.into[`next/${name}`]?.data;
    if (target instanceof Float32Array)
      target.set(toNumbers(found[`next/${name}`] ?? float32([0], [])));
  }
  for (const name of ['kernel', 'gamma', 'beta']) {
    expect(after.tensors.get(name)).toEqual(expected[`next/${name}`]);
  }
  expect([...before.tensors]).toEqual([...state]);
});
