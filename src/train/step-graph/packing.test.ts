import { expect, it } from 'vitest';
import { float32, type Shape, toNumbers } from '../../core/tensor.js';
import { GraphBuilder } from '../../graph/builder.js';
import { runGraph } from '../../graph/engine.fixture.js';
import type { Value } from '../../graph/graph.js';
import { packed } from './packing.js';

it('treats vectors of a kind as one, kernels alone, and gives each back', async () => {
  const builder = new GraphBuilder();
  const given: readonly (readonly [string, Shape, string])[] = [
    ['gamma', [3], 'vector'],
    ['kernel', [2, 1, 1, 2], 'weights'],
    ['beta', [2], 'vector'],
    ['matrix', [20, 10], 'vector'],
  ];
  const items = given.map(([name, shape, kind]) => ({
    name,
    shape,
    kind,
    value: builder.input(name, 'float32', shape),
  }));
  const packs = packed(builder, items, ({ kind }) => kind);
  expect(packs.map((pack) => pack.items.map(({ name }) => name))).toEqual([
    ['gamma', 'beta'],
    ['kernel'],
    ['matrix'],
  ]);
  const twice = (value: Value) => builder.add('Add', [value, value], {});
  const graph = builder.build(
    packs.flatMap((pack) =>
      pack
        .unpack(twice(pack.pack(({ value }) => value)))
        .map(([{ name }, value]) => ({ name: `next/${name}`, value })),
    ),
  );
  const count = (op: string) => graph.nodes.filter((node) => node.op === op).length;
  expect([count('Add'), count('Concat'), count('Split')]).toEqual([3, 1, 1]);

  const matrix = Float32Array.from({ length: 200 }, (_, index) => index);
  const outputs = await runGraph(graph, {
    gamma: float32([3], [1, 2, 3]),
    kernel: float32([2, 1, 1, 2], [6, 7, 8, 9]),
    beta: float32([2], [4, 5]),
    matrix: float32([20, 10], matrix),
  });
  const found = (name: string) => outputs[`next/${name}`] ?? float32([0], []);
  expect(toNumbers(found('gamma'))).toEqual([2, 4, 6]);
  expect(toNumbers(found('beta'))).toEqual([8, 10]);
  expect(found('kernel').shape).toEqual([2, 1, 1, 2]);
  expect(toNumbers(found('kernel'))).toEqual([12, 14, 16, 18]);
  expect(toNumbers(found('matrix'))).toEqual(Array.from(matrix, (value) => 2 * value));
});
