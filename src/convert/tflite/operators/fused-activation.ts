import type { Activation } from '../../../formats/tflite/index.js';
import type { Value } from '../../../graph/graph.js';
import type { OperatorImport } from '../operator-import.js';

/** The interval that each clamping activation lets through; others are computed. */
const intervals: { readonly [A in Activation]?: readonly [least: number, greatest: number] } = {
  RELU: [0, Number.POSITIVE_INFINITY],
  RELU_N1_TO_1: [-1, 1],
  RELU6: [0, 6],
};

/** Applies the activation that an operator carries to its result in real numbers. */
export function activate(scope: OperatorImport, value: Value, activation: Activation): Value {
  switch (activation) {
    case 'NONE':
      return value;
    case 'TANH':
      return scope.builder.add('Tanh', [value], {}, { name: scope.name });
    case 'RELU':
      return scope.builder.add('Relu', [value], {}, { name: scope.name });
    case 'RELU6':
    case 'RELU_N1_TO_1': {
      const [least = 0, greatest = 6] = intervals[activation] ?? [];
      const bounds = [
        scope.scalar(value, least, 'least'),
        scope.scalar(value, greatest, 'greatest'),
      ];
      return scope.builder.add('Clip', [value, ...bounds], {}, { name: scope.name });
    }
    case 'SIGN_BIT':
      return scope.unsupported('fused activation SIGN_BIT');
  }
}

/**
 * Applies an activation to 8-bit numbers: a clamp to the numbers that stand for its interval.
 *
 * Converters usually choose the output's scale so that the 8-bit range ends where the activation
 * does; then saturation has done the work already and nothing is added.
 */
export function activateStored(scope: OperatorImport, value: Value, activation: Activation): Value {
  if (activation === 'NONE') return value;
  const interval = intervals[activation];
  if (interval === undefined) return scope.unsupported(`fused activation ${activation} in 8 bits`);
  const { scales, zeroPoints } = scope.outputQuantisation();
  const [low, high] = interval.map((bound) => {
    const stored = Math.round(bound / (scales[0] ?? 1)) + (zeroPoints[0] ?? 0);
    return Math.min(Math.max(stored, 0), 255);
  });
  if (low === 0 && high === 255) return value;
  const bounds = [
    scope.scalar(value, low ?? 0, 'least'),
    scope.scalar(value, high ?? 255, 'greatest'),
  ];
  return scope.builder.add('Clip', [value, ...bounds], {}, { name: scope.name });
}
