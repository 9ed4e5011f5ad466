import type { Value } from '../graph/graph.js';
import { fixedPads, samePads } from './geometry.js';
import type { Layers } from './layers.js';

export interface PoolSettings {
  readonly kernel: number;
  readonly stride: number;
  /** Whether pads go by the image's size, as TensorFlow's SAME does, or not; `same` unless told. */
  readonly padding?: 'same' | 'fixed';
}

/** Largest elements of square windows, ceil(size / stride) of them. */
export function maxPool(
  { builder }: Layers,
  x: Value,
  scope: string,
  { kernel, stride, padding = 'same' }: PoolSettings,
): Value {
  const size = [x.shape[2] ?? 1, x.shape[3] ?? 1] as const;
  const pads = padding === 'fixed' ? fixedPads(kernel, 1) : samePads(size, kernel, stride, 1);
  const window = { kernel_shape: [kernel, kernel], strides: [stride, stride] };
  return builder.add('MaxPool', [x], { ...window, pads }, { name: scope });
}

/** Every so many pixels of an image, from the first one on. */
export function subsample(layers: Layers, x: Value, scope: string, stride: number): Value {
  return stride === 1 ? x : maxPool(layers, x, scope, { kernel: 1, stride });
}

export interface MeanSettings {
  /** [height, width] of the windows; no larger than the image. */
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
}

/** Means of the windows that lie wholly inside the image. */
export function averagePool(
  { builder }: Layers,
  x: Value,
  scope: string,
  { kernel, strides }: MeanSettings,
): Value {
  return builder.add('AveragePool', [x], { kernel_shape: kernel, strides }, { name: scope });
}

/** Means of the 3x3 pixels around each one, of which those beyond the border count as 0. */
export function smooth({ builder }: Layers, x: Value, scope: string): Value {
  const window = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 };
  return builder.add('AveragePool', [x], window, { name: scope });
}
