import { expect, it } from 'vitest';
import { summarise } from './operator-profile.js';

it('a profile sums nodes by operator and gives times of one run', () => {
  const time = (operator: string, name: string, microseconds: number) => ({
    operator,
    name,
    microseconds,
    count: 10,
  });
  const { byType, byNode } = summarise([
    time('Conv', 'a', 50_000),
    time('Relu', 'r', 30_000),
    time('Conv', 'b', 20_000),
  ]);
  expect(byType).toEqual([
    { operator: 'Conv', ms: 7, share: 0.7, nodes: 2 },
    { operator: 'Relu', ms: 3, share: 0.3, nodes: 1 },
  ]);
  expect(byNode.map(({ node, ms }) => [node, ms])).toEqual([
    ['a', 5],
    ['r', 3],
    ['b', 2],
  ]);
});
