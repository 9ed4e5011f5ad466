import type { Activation } from '../../../formats/tflite/index.js';
import type { PlainArray } from '../plain-array.fixture.js';

/** The activations that a fused operator of real numbers may carry. */
export const activations = ['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6', 'TANH'] as const;

export function activated(value: number, activation: Activation): number {
  switch (activation) {
    case 'RELU':
      return Math.max(value, 0);
    case 'RELU_N1_TO_1':
      return Math.min(Math.max(value, -1), 1);
    case 'RELU6':
      return Math.min(Math.max(value, 0), 6);
    case 'TANH':
      return Math.tanh(value);
    default:
      return value;
  }
}

export function activatedArray({ shape, numbers }: PlainArray, activation: Activation): PlainArray {
  return { shape, numbers: numbers.map((value) => activated(value, activation)) };
}
