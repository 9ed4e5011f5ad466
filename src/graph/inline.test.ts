import { describe, expect, it } from 'vitest';
import { GraphError } from '../core/errors.js';
import { float32 } from '../core/tensor.js';
import { GraphBuilder } from './builder.js';
import { runGraph } from './engine.fixture.js';
import { inline } from './inline.js';

/** y = 2 x + 1 */
function line() {
  const builder = new GraphBuilder();
  const x = builder.input('x', 'float32', [3]);
  const doubled = builder.add('Mul', [x, builder.constant(float32([], [2]), 'two')], {});
  const y = builder.add('Add', [doubled, builder.constant(float32([], [1]), 'one')], {});
  return builder.build([{ name: 'y', value: y }]);
}

describe('a graph put into another', () => {
  it('computes on its values, as often as wanted', async () => {
    const builder = new GraphBuilder();
    const a = builder.input('a', 'float32', [3]);
    const { y: once = a } = inline(builder, line(), { x: a });
    const { y: twice = a } = inline(builder, line(), { x: once });
    const graph = builder.build([{ name: 'out', value: twice }]);
    const { out } = await runGraph(graph, { a: float32([3], [0, 1, -2]) });
    expect(out).toEqual(float32([3], [3, 7, -5]));
  });

  it('refuses what does not fit, naming the input', () => {
    const builder = new GraphBuilder();
    const a = builder.input('a', 'float32', [2]);
    expect(() => inline(builder, line(), { x: a })).toThrow(GraphError);
    expect(() => inline(builder, line(), { x: a })).toThrow(/input "x".*\[3\].*found.*\[2\]/);
    expect(() => inline(builder, line(), {})).toThrow(/nothing is given for it/);
  });
});
