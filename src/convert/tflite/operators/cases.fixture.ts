import type { Random } from '../../../core/random.js';
import type { OperatorName } from '../../../formats/tflite/index.js';
import type { OperatorCase, OperatorCases } from '../one-operator.fixture.js';
import { arithmeticCases } from './arithmetic.fixture.js';
import { blockCases } from './blocks.fixture.js';
import { convolutionCases } from './convolution.fixture.js';
import { layoutCases } from './layout.fixture.js';
import { poolingCases } from './pooling.fixture.js';
import { samplingCases } from './sampling.fixture.js';
import { slicingCases } from './slicing.fixture.js';

/** Plain loops for every builtin operator: one without does not compile. */
const cases: OperatorCases<OperatorName> = {
  ...convolutionCases,
  ...arithmeticCases,
  ...poolingCases,
  ...samplingCases,
  ...layoutCases,
  ...slicingCases,
  ...blockCases,
};

export const operatorNames = Object.keys(cases) as readonly OperatorName[];

/** A random use of an operator, with its result. */
export function makeCase<Name extends OperatorName>(
  name: Name,
  random: Random,
): OperatorCase<Name> {
  const make: OperatorCases<OperatorName>[Name] = cases[name];
  return make(random);
}
