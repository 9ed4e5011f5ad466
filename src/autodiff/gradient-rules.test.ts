import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/random.js';
import { type CheckedCall, checkGradients, idleNodes } from './central-differences.fixture.js';
import { type GradientCheck, gradientChecks } from './gradient-checks.fixture.js';
import type { DifferentiableName } from './rules/index.js';

const calls = 15;
const checked = Object.keys(gradientChecks) as readonly DifferentiableName[];

describe('gradients are those of central differences', () => {
  it.each(checked)('%s', async (op: DifferentiableName) => {
    const random = seededRandom(checked.indexOf(op));
    const check: GradientCheck<DifferentiableName> = gradientChecks[op];
    let moved = 0;
    for (let round = 0; round < calls; round++) {
      const call = check(random);
      const { error, change } = await checkGradients(call, random);
      expect(error, JSON.stringify({ round, call: describeCall(call) })).toBeLessThan(1e-3);
      if (change > 1e-3) moved++;
    }
    // Some calls are of a softmax over one class, or of a slice of nothing.
    expect(moved).toBeGreaterThan(calls / 4);
  });
});

describe('only what wanted gradients need is added', () => {
  it.each(checked)('%s', (op: DifferentiableName) => {
    const random = seededRandom(checked.indexOf(op));
    const check: GradientCheck<DifferentiableName> = gradientChecks[op];
    for (let round = 0; round < calls; round++) {
      const idle = idleNodes(check(random));
      expect(idle.map(({ name, op: added }) => `${added} "${name}"`)).toEqual([]);
    }
  });
});

function describeCall({ inputs, attributes, inLoss }: CheckedCall): unknown {
  return { inputs: inputs.map((input) => [input?.role, input?.tensor.shape]), attributes, inLoss };
}
