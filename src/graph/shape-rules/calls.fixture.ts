import type { Random } from '../../core/random.js';
import { GraphBuilder } from '../builder.js';
import type { Graph, Value } from '../graph.js';
import {
  type AttributesInOf,
  type CompositeName,
  compositeNames,
  type OperatorName,
  operators,
} from '../operators.js';
import { type CallCase, type CallCases, chance, type TriedCall } from '../random-call.fixture.js';
import { algebraCases } from './algebra.fixture.js';
import { convolutionCases } from './convolution.fixture.js';
import { elementwiseCases } from './elementwise.fixture.js';
import { layoutCases } from './layout.fixture.js';
import { quantisedCases } from './quantised.fixture.js';
import { trainingCases } from './training.fixture.js';

/** The operators that ONNX Runtime computes; graphs are rid of the others before they run. */
export type EngineOperator = Exclude<OperatorName, CompositeName>;

const composite: ReadonlySet<string> = new Set(compositeNames);

export const engineOperators = Object.keys(operators).filter(
  (name): name is EngineOperator => !composite.has(name),
);

/** A case for every operator that ONNX Runtime computes: one without does not compile. */
const callCases: CallCases<EngineOperator> = {
  ...elementwiseCases,
  ...convolutionCases,
  ...algebraCases,
  ...layoutCases,
  ...quantisedCases,
  ...trainingCases,
};

/** A random well-formed call of an operator. */
export function randomCall<Op extends EngineOperator>(op: Op, random: Random): TriedCall<Op> {
  const make: CallCase<Op> = callCases[op];
  const { inputs, attributes, outputs } = make(random);
  return {
    op,
    inputs: inputs.map((input) =>
      input?.role === 'weight' ? { ...input, role: chance(random, 0.5) ? 'fed' : 'known' } : input,
    ),
    attributes: attributes ?? ({} as AttributesInOf<Op>),
    outputs: outputs ?? 1,
  };
}

/** The call as the only node of a graph, with its inputs `x0`, `x1`, … and outputs `y0`, `y1`, …. */
export function graphOfCall(call: TriedCall, builder = new GraphBuilder()): Graph {
  const inputs = call.inputs.map((input, at): Value | undefined => {
    if (input === undefined) return undefined;
    const { role, tensor } = input;
    if (role === 'known') return builder.constant(tensor, `x${at}`);
    return builder.input(`x${at}`, tensor.dtype, tensor.shape);
  });
  const { op, attributes, outputs } = call;
  const values = builder.addAll(op, inputs, attributes, { name: 'tried', outputs });
  return builder.build(values.map((value, at) => ({ name: `y${at}`, value })));
}

/** The tensors that the graph of a call is fed. */
export function feedsOf(call: TriedCall) {
  return Object.fromEntries(
    call.inputs.flatMap((input, at) =>
      input === undefined || input.role === 'known' ? [] : [[`x${at}`, input.tensor] as const],
    ),
  );
}
