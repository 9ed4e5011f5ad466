import type { OperatorName } from '../operators.js';
import { algebraRules } from './algebra.js';
import { convolutionRules } from './convolution.js';
import { elementwiseRules } from './elementwise.js';
import { layoutRules } from './layout.js';
import type { OperatorCall, ShapeRule, ShapeRules, ValueType } from './operator-call.js';
import { quantisedRules } from './quantised.js';
import { trainingRules } from './training.js';

export { OperatorCall, type ValueType } from './operator-call.js';

/** The shape rule of every operator. */
export const shapeRules: ShapeRules<OperatorName> = {
  ...elementwiseRules,
  ...convolutionRules,
  ...algebraRules,
  ...layoutRules,
  ...quantisedRules,
  ...trainingRules,
};

/** Types and shapes of a call's outputs. */
export function inferShapes<Op extends OperatorName>(call: OperatorCall<Op>): readonly ValueType[] {
  const rule: ShapeRule<Op> = shapeRules[call.op];
  return rule(call);
}
