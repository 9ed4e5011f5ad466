import type { DType } from '../../core/dtype.js';
import type { Random } from '../../core/random.js';
import { onnxDtypes } from '../onnx-dtype.js';
import type { OperatorName } from '../operators.js';
import {
  broadcastable,
  type CallCases,
  type CallParts,
  chance,
  dtypes,
  fed,
  floats,
  type Numbers,
  pick,
  randomShape,
  randomTensor,
  weight,
} from '../random-call.fixture.js';

type Inputs = Pick<CallParts<OperatorName>, 'inputs'>;

const wide: readonly DType[] = ['float32', 'float64', 'int32', 'int64'];
const float32: readonly DType[] = ['float32'];

function unary(allowed: readonly DType[], numbers: Numbers = 'any') {
  return (random: Random): Inputs => ({
    inputs: [
      fed(random, pick(random, allowed), randomShape(random, random.integer(0, 4)), numbers),
    ],
  });
}

function binary(allowed: readonly DType[], first: Numbers = 'any', second: Numbers = 'any') {
  return (random: Random): Inputs => {
    const dtype = pick(random, allowed);
    const [a = [], b = []] = broadcastable(random, 2);
    return { inputs: [fed(random, dtype, a, first), weight(random, dtype, b, second)] };
  };
}

function several(allowed: readonly DType[]) {
  return (random: Random): Inputs => {
    const dtype = pick(random, allowed);
    const shapes = broadcastable(random, random.integer(1, 3));
    return { inputs: shapes.map((shape) => weight(random, dtype, shape)) };
  };
}

/** Cases of the operators that work element by element. */
export const elementwiseCases = {
  Abs: unary([...wide, 'uint8', 'int8']),
  Ceil: unary(floats),
  Erf: unary(float32),
  Exp: unary(floats),
  Floor: unary(floats),
  HardSwish: unary(float32),
  Identity: unary(dtypes),
  Log: unary(floats, 'positive'),
  Neg: unary([...wide, 'int8']),
  Not: unary(['bool']),
  Reciprocal: unary(floats),
  Relu: unary([...floats, 'int8', 'int32']),
  Round: unary(floats),
  Sigmoid: unary(floats),
  Sign: unary([...wide, 'uint8']),
  Softplus: unary(float32),
  Sqrt: unary(floats, 'positive'),
  Tanh: unary(floats),
  Elu: (random) => ({ ...unary(float32)(random), attributes: { alpha: random.uniform() } }),
  HardSigmoid: (random) => ({
    ...unary(float32)(random),
    attributes: { alpha: random.uniform(), beta: random.uniform() },
  }),
  LeakyRelu: (random) => ({ ...unary(float32)(random), attributes: { alpha: random.uniform() } }),
  ThresholdedRelu: (random) => ({
    ...unary(float32)(random),
    attributes: { alpha: random.uniform() - 0.5 },
  }),
  PRelu: (random) => {
    const shape = randomShape(random, random.integer(1, 4));
    const slope = shape
      .slice(random.integer(0, shape.length - 1))
      .map((size) => (chance(random, 0.3) ? 1 : size));
    return { inputs: [fed(random, 'float32', shape), weight(random, 'float32', slope)] };
  },
  Clip: (random) => {
    const dtype = pick<DType>(random, [...wide, 'uint8', 'int8']);
    const bound = () => (chance(random, 0.7) ? weight(random, dtype, []) : undefined);
    const shape = randomShape(random, random.integer(0, 4));
    return { inputs: [fed(random, dtype, shape), bound(), bound()] };
  },
  Cast: (random) => {
    const { inputs } = unary([...wide, 'uint8', 'int8', 'bool', 'float16'], 'positive')(random);
    const to = pick(random, ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'] as const);
    return { inputs, attributes: { to: onnxDtypes[to] } };
  },
  Add: binary(wide),
  Sub: binary(wide),
  Mul: binary(wide),
  Div: binary(wide, 'any', 'nonzero'),
  Pow: (random) => {
    const [a = [], b = []] = broadcastable(random, 2);
    const base = fed(random, pick(random, wide), a, 'positive');
    const exponent = randomTensor(random, pick(random, wide), b, 'positive');
    return { inputs: [base, { role: 'weight', tensor: exponent }] };
  },
  Max: several(wide),
  Min: several(wide),
  Equal: binary([...wide, 'bool']),
  Greater: binary(wide),
  GreaterOrEqual: binary(wide),
  Less: binary(wide),
  LessOrEqual: binary(wide),
  And: binary(['bool']),
  Or: binary(['bool']),
  Where: (random) => {
    const dtype = pick(random, ['float32', 'int32', 'int64', 'uint8'] as const);
    const [condition = [], yes = [], no = []] = broadcastable(random, 3);
    return {
      inputs: [
        weight(random, 'bool', condition),
        weight(random, dtype, yes),
        weight(random, dtype, no),
      ],
    };
  },
} as const satisfies Partial<CallCases<OperatorName>>;
