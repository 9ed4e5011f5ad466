import type { OperatorName } from '../../graph/operators.js';
import { type GradientEntries, refused } from '../gradient-rule.js';

const quantised = refused(
  '8-bit arithmetic rounds in steps; train the float model and quantise it',
);
const blocked = refused('the blocked layout is chosen after the gradients have been added');
const second = refused('it is part of a gradient, and second derivatives are not formed');

/** Operators that no loss may depend on. */
export const refusedEntries = {
  QuantizeLinear: quantised,
  DequantizeLinear: quantised,
  QLinearConv: quantised,
  QLinearAdd: quantised,
  QLinearMul: quantised,
  QLinearConcat: quantised,
  QLinearAveragePool: quantised,
  QLinearGlobalAveragePool: quantised,
  QLinearSigmoid: quantised,

  ReorderInput: blocked,
  ReorderOutput: blocked,
  BlockedConv: blocked,
  BlockedGlobalAveragePool: blocked,

  ConvWeightGradient: second,
  ClipGradient: second,
  MaxPoolGradient: second,
  BatchNormTrainingGradient: second,
  SoftmaxCrossEntropyGradient: second,
} as const satisfies Partial<GradientEntries<OperatorName>>;
