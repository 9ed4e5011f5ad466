import type { Random } from '../../core/random.js';
import type { OperatorName } from '../operators.js';
import {
  type CallCases,
  chance,
  fed,
  floats,
  known,
  pick,
  randomAxes,
  randomAxis,
  randomShape,
  weight,
} from '../random-call.fixture.js';

function reduction(random: Random) {
  const rank = random.integer(0, 4);
  const dtype = pick(random, ['float32', 'float64', 'int32', 'int64'] as const);
  const axes = chance(random, 0.8) ? { axes: randomAxes(random, rank) } : {};
  return {
    inputs: [fed(random, dtype, randomShape(random, rank))],
    attributes: { ...axes, keepdims: random.integer(0, 1) },
  };
}

function argument(random: Random) {
  const rank = random.integer(1, 4);
  return {
    inputs: [fed(random, 'float32', randomShape(random, rank))],
    attributes: {
      axis: randomAxis(random, rank),
      keepdims: random.integer(0, 1),
      select_last_index: random.integer(0, 1),
    },
  };
}

function softmax(random: Random) {
  const rank = random.integer(1, 4);
  return {
    inputs: [fed(random, pick(random, floats), randomShape(random, rank))],
    attributes: { axis: randomAxis(random, rank) },
  };
}

/** Cases of matrix products, reductions and softmax. */
export const algebraCases = {
  MatMul: (random) => {
    const inner = random.integer(1, 4);
    const batch = randomShape(random, random.integer(0, 2));
    const stretched = batch.map((size) => (chance(random, 0.3) ? 1 : size));
    const left = [...batch, random.integer(1, 4), inner];
    const right = [
      ...stretched.slice(random.integer(0, batch.length)),
      inner,
      random.integer(1, 4),
    ];
    const vectorA = chance(random, 0.2);
    const vectorB = chance(random, 0.2);
    return {
      inputs: [
        fed(random, 'float32', vectorA ? [inner] : left),
        weight(random, 'float32', vectorB ? [inner] : right),
      ],
    };
  },
  Gemm: (random) => {
    const [rows = 1, inner = 1, columns = 1] = randomShape(random, 3);
    const transA = random.integer(0, 1);
    const transB = random.integer(0, 1);
    const bias = pick(random, [[], [columns], [rows, 1], [1, columns], [rows, columns]]);
    return {
      inputs: [
        fed(random, 'float32', transA === 1 ? [inner, rows] : [rows, inner]),
        weight(random, 'float32', transB === 1 ? [columns, inner] : [inner, columns]),
        chance(random, 0.7) ? weight(random, 'float32', bias) : undefined,
      ],
      attributes: { transA, transB, alpha: random.uniform(), beta: random.uniform() },
    };
  },
  Softmax: softmax,
  LogSoftmax: softmax,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceSum: (random) => {
    const { inputs, attributes } = reduction(random);
    const rank = inputs[0]?.tensor.shape.length ?? 0;
    const axes = chance(random, 0.8) ? known(...randomAxes(random, rank)) : undefined;
    return { inputs: [...inputs, axes], attributes: { keepdims: attributes.keepdims } };
  },
  ArgMax: argument,
  ArgMin: argument,
} as const satisfies Partial<CallCases<OperatorName>>;
