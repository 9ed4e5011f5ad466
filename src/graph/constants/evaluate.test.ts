import { describe, expect, it } from 'vitest';
import { AtrousError, GraphError, messageOf } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import { float32, int64, type Tensor, tensor } from '../../core/tensor.js';
import { GraphBuilder } from '../builder.js';
import { relativeDifference, runGraph } from '../engine.fixture.js';
import type { TriedCall } from '../random-call.fixture.js';
import {
  type EngineOperator,
  engineOperators,
  feedsOf,
  graphOfCall,
  randomCall,
} from '../shape-rules/calls.fixture.js';

/** What the builder works out for a call whose inputs are all known; `undefined` where it leaves it. */
function folded(call: TriedCall): Tensor | undefined {
  const inputs = call.inputs.map((input) => input && { ...input, role: 'known' as const });
  const graph = graphOfCall({ ...call, inputs }, new GraphBuilder({ foldConstants: true }));
  return graph.outputs[0]?.value.constant;
}

function isWorkedOut(op: EngineOperator): boolean {
  const random = seededRandom(1);
  return Array.from({ length: 10 }, () => folded(randomCall(op, random))).some(
    (result) => result !== undefined,
  );
}

const workedOut = engineOperators.filter(isWorkedOut);

describe('operators that are worked out', () => {
  it('include all that exporters write to compute sizes', () => {
    const sizes = ['Shape', 'Gather', 'Slice', 'Concat', 'Unsqueeze', 'Squeeze', 'Cast', 'Reshape'];
    const arithmetic = ['Add', 'Sub', 'Mul', 'Div', 'Floor', 'Ceil', 'Equal', 'Where', 'Expand'];
    expect(workedOut).toEqual(expect.arrayContaining([...sizes, ...arithmetic]));
  });

  it.each(workedOut)('%s gives what ONNX Runtime gives', async (op) => {
    const random = seededRandom(engineOperators.indexOf(op));
    for (let round = 0; round < 15; round++) {
      const call = randomCall(op, random);
      const result = folded(call);
      if (result === undefined) continue;
      const computed = await runGraph(graphOfCall(call), feedsOf(call));
      expect(relativeDifference(result, computed['y0']), op).toBeLessThan(1e-6);
    }
  });
});

/** A builder that works things out, with the value of a call of two constants. */
function ofTwo(op: 'Div' | 'Pow' | 'Max' | 'Mul' | 'Add', a: Tensor, b: Tensor): Tensor {
  const builder = new GraphBuilder({ foldConstants: true });
  const value = builder.add(op, [builder.constant(a), builder.constant(b)], {});
  return value.constant ?? float32([], [Number.NaN]);
}

describe('numbers at the edge', () => {
  it('whole numbers divide towards zero', () => {
    const quotient = ofTwo('Div', int64([7, -7, 7, -7]), int64([2, 2, -2, -2]));
    expect(quotient).toEqual(int64([3, -3, -3, 3]));
  });

  it('refuses to divide whole numbers by zero', () => {
    for (const zero of [int64([0, 1]), int64([0, 0])]) {
      expect(() => ofTwo('Div', int64([1, 1]), zero)).toThrow(GraphError);
    }
    expect(() => ofTwo('Div', int64([1]), int64([0]))).toThrow(/^Div "Div": division by zero/);
  });

  it('keeps 64-bit numbers whole beyond 2^53 where they are only moved', () => {
    const builder = new GraphBuilder({ foldConstants: true });
    const large = tensor('int64', [2], BigInt64Array.of(2n ** 62n + 1n, -(2n ** 62n) - 1n));
    const axes = builder.constant(int64([0]));
    const value = builder.add('Unsqueeze', [builder.constant(large), axes], {});
    const joined = builder.add('Concat', [value, value], { axis: 1 });
    expect(joined.constant).toEqual(
      tensor('int64', [1, 4], BigInt64Array.of(...large.data, ...large.data)),
    );
  });

  it.each(['int64', 'uint64', 'int32', 'uint8'] as const)(
    'casts what %s cannot hold without failing in another way than its own',
    (dtype) => {
      const to = { int64: 7, uint64: 13, int32: 6, uint8: 2 }[dtype];
      for (const special of [Number.NaN, Number.POSITIVE_INFINITY, -1e30, 1e30, -1]) {
        const builder = new GraphBuilder({ foldConstants: true });
        try {
          const value = builder.add('Cast', [builder.constant(float32([1], [special]))], { to });
          expect(value.dtype).toBe(dtype);
        } catch (error) {
          expect(error, messageOf(error)).toBeInstanceOf(AtrousError);
        }
      }
    },
  );

  it('leaves a constant small that is spread over a huge shape', () => {
    const builder = new GraphBuilder({ foldConstants: true });
    const shape = builder.constant(int64([2 ** 20, 2 ** 20]));
    const value = builder.add('Expand', [builder.constant(float32([], [1])), shape], {});
    expect(value.constant).toBeUndefined();
    expect(value.shape).toEqual([2 ** 20, 2 ** 20]);
  });
});
