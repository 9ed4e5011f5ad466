import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../core/random.js';
import { differenceOfCase } from '../one-operator.fixture.js';
import { makeCase, operatorNames } from './cases.fixture.js';

describe('a TFLite operator computes what plain loops compute', () => {
  it.each(operatorNames)('%s', async (name) => {
    const random = seededRandom(operatorNames.indexOf(name));
    for (let round = 0; round < 15; round++) {
      const tried = makeCase(name, random);
      const difference = await differenceOfCase(name, tried).catch((error: unknown) => error);
      const shapes = tried.inputs.map((input) => `[${input?.tensor.shape ?? '-'}]`).join(' ');
      const title = `round ${round}: ${shapes} ${JSON.stringify(tried.options)}`;
      if (typeof difference !== 'number') throw new Error(title, { cause: difference });
      expect(difference, title).toBeLessThan(2e-6);
    }
  });
});
