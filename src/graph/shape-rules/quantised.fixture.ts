import type { Random } from '../../core/random.js';
import type { OperatorName } from '../operators.js';
import {
  broadcastable,
  type CallCases,
  chance,
  fed,
  pick,
  randomAxis,
  randomShape,
  weight,
} from '../random-call.fixture.js';
import { quantisation } from './convolution.fixture.js';

function binary(random: Random) {
  const dtype = pick(random, ['uint8', 'int8'] as const);
  const [a = [], b = []] = broadcastable(random, 2);
  return {
    inputs: [
      fed(random, dtype, a),
      ...quantisation(random, dtype),
      weight(random, dtype, b),
      ...quantisation(random, dtype),
      ...quantisation(random, dtype),
    ],
  };
}

/** Cases of the quantised operators. */
export const quantisedCases = {
  QuantizeLinear: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    const axis = randomAxis(random, shape.length);
    const count = chance(random, 0.5) ? shape.at(axis) : undefined;
    const dtype = pick(random, ['uint8', 'int8'] as const);
    return {
      inputs: [fed(random, 'float32', shape), ...quantisation(random, dtype, count)],
      attributes: { axis },
    };
  },
  DequantizeLinear: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    const axis = randomAxis(random, shape.length);
    const count = chance(random, 0.5) ? shape.at(axis) : undefined;
    const dtype = pick(random, ['uint8', 'int8'] as const);
    return {
      inputs: [weight(random, dtype, shape), ...quantisation(random, dtype, count)],
      attributes: { axis },
    };
  },
  QLinearAdd: binary,
  QLinearMul: binary,
  QLinearConcat: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    const axis = randomAxis(random, shape.length);
    const dtype = pick(random, ['uint8', 'int8'] as const);
    const parts = Array.from({ length: random.integer(1, 3) }, () => [
      fed(random, dtype, shape.with(axis, random.integer(1, 3))),
      ...quantisation(random, dtype),
    ]);
    return { inputs: [...quantisation(random, dtype), ...parts.flat()], attributes: { axis } };
  },
  QLinearSigmoid: (random) => {
    const dtype = pick(random, ['uint8', 'int8'] as const);
    return {
      inputs: [
        fed(random, dtype, randomShape(random, random.integer(0, 4))),
        ...quantisation(random, dtype),
        ...quantisation(random, dtype),
      ],
    };
  },
} as const satisfies Partial<CallCases<OperatorName>>;
