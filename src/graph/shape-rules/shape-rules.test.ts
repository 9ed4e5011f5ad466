import { describe, expect, it } from 'vitest';
import { GraphError, messageOf, UnsupportedError } from '../../core/errors.js';
import { type Random, seededRandom } from '../../core/random.js';
import { formatShape, type Tensor } from '../../core/tensor.js';
import { runGraph } from '../engine.fixture.js';
import type { Graph } from '../graph.js';
import { schemaOf } from '../operators.js';
import type { TriedCall } from '../random-call.fixture.js';
import { verify } from '../verify.js';
import { alteredCall } from './altered-call.fixture.js';
import {
  type EngineOperator,
  engineOperators,
  feedsOf,
  graphOfCall,
  randomCall,
} from './calls.fixture.js';

const wellFormed = 10;
const altered = 40;

/** `Conv(float32[1, 2, 5, 5], float32[4, 2, 3, 3]) {"strides":[1,1]}`, for failures. */
function describeCall({ op, inputs, attributes, outputs }: TriedCall): string {
  const list = inputs.map((input) => {
    if (input === undefined) return '-';
    const { dtype, shape, data } = input.tensor;
    const numbers = input.role === 'known' && data.length < 9 ? `{${[...data]}}` : '';
    return `${input.role} ${dtype}${formatShape(shape)}${numbers}`;
  });
  return `${op}(${list.join(', ')}) ${JSON.stringify(attributes)} -> ${outputs}`;
}

function typesOf(results: readonly (Pick<Tensor, 'dtype' | 'shape'> | undefined)[]): string {
  return results.map((result) => `${result?.dtype}${formatShape(result?.shape ?? [])}`).join(', ');
}

function ruleTypes(graph: Graph): string {
  return typesOf(graph.outputs.map(({ value }) => value));
}

async function engineTypes(graph: Graph, call: TriedCall): Promise<string> {
  const results = await runGraph(graph, feedsOf(call));
  return typesOf(graph.outputs.map(({ name }) => results[name]));
}

/** The graph of the call, or `undefined` where the rule refuses it in the proper way. */
function accept(call: TriedCall): Graph | undefined {
  try {
    return graphOfCall(call);
  } catch (error) {
    // The builder refuses a tensor that is not there with an error of its own kind.
    expect(error, describeCall(call)).toBeInstanceOf(GraphError);
    expect(messageOf(error), describeCall(call)).toMatch(new RegExp(`^${call.op} "tried": `));
    return undefined;
  }
}

/** Disagreements of the rule with ONNX Runtime on altered calls. */
async function disagreements(op: EngineOperator, random: Random): Promise<readonly string[]> {
  const found: string[] = [];
  for (let round = 0; round < altered; round++) {
    const call = alteredCall(randomCall(op, random), random);
    const graph = accept(call);
    if (graph === undefined) continue;
    try {
      const types = await engineTypes(graph, call);
      if (types !== ruleTypes(graph)) {
        found.push(`${describeCall(call)}: ${types} but the rule says ${ruleTypes(graph)}`);
      }
    } catch (error) {
      // Types that a provider has no code for are its own affair.
      if (error instanceof UnsupportedError) continue;
      found.push(`${describeCall(call)}: ${messageOf(error)}`);
    }
  }
  return found;
}

describe.each(engineOperators)('%s', (op) => {
  const seed = engineOperators.indexOf(op);

  // ONNX Runtime's own layout, which it has on some processors only and takes on trust.
  const blocked = schemaOf(op).domain === 'com.microsoft.nchwc';

  it('has the types and shapes that ONNX Runtime computes', async ({ skip }) => {
    const random = seededRandom(seed);
    for (let round = 0; round < wellFormed; round++) {
      const call = randomCall(op, random);
      const graph = graphOfCall(call);
      verify(graph);
      const types = await engineTypes(graph, call).catch((error: unknown) => {
        skip(blocked && error instanceof UnsupportedError, 'no blocked layout on this processor');
        throw error;
      });
      expect(types, describeCall(call)).toBe(ruleTypes(graph));
    }
  });

  it.skipIf(blocked)('refuses every call that ONNX Runtime refuses', async () => {
    expect(await disagreements(op, seededRandom(1000 + seed))).toEqual([]);
  });
});
