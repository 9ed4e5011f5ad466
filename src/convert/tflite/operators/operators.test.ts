import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../../core/random.js';
import type { OperatorName } from '../../../formats/tflite/index.js';
import {
  differenceOfCase,
  type OperatorCase,
  type OperatorCases,
} from '../one-operator.fixture.js';
import { arithmeticCases } from './arithmetic.fixture.js';
import { convolutionCases } from './convolution.fixture.js';
import { layoutCases } from './layout.fixture.js';
import { poolingCases } from './pooling.fixture.js';
import { samplingCases } from './sampling.fixture.js';

/** Plain loops for every builtin operator: one without does not compile. */
const cases: OperatorCases<OperatorName> = {
  ...convolutionCases,
  ...arithmeticCases,
  ...poolingCases,
  ...samplingCases,
  ...layoutCases,
};

const names = Object.keys(cases) as readonly OperatorName[];

function makeCase<Name extends OperatorName>(name: Name, random: Random): OperatorCase<Name> {
  const make: OperatorCases<OperatorName>[Name] = cases[name];
  return make(random);
}

describe('a TFLite operator computes what plain loops compute', () => {
  it.each(names)('%s', async (name) => {
    const random = seededRandom(names.indexOf(name));
    for (let round = 0; round < 25; round++) {
      const tried = makeCase(name, random);
      const difference = await differenceOfCase(name, tried).catch((error: unknown) => error);
      const shapes = tried.inputs.map((input) => `[${input?.tensor.shape ?? '-'}]`).join(' ');
      const title = `round ${round}: ${shapes} ${JSON.stringify(tried.options)}`;
      if (typeof difference !== 'number') throw new Error(title, { cause: difference });
      expect(difference, title).toBeLessThan(2e-6);
    }
  });
});
