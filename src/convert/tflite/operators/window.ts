import type { Padding } from '../../../formats/tflite/index.js';

/** Padding before and after along one axis. */
export type PadPair = readonly [before: number, after: number];

/**
 * Padding that TensorFlow adds along one axis: none for VALID; for SAME as much as makes the output
 * ceil(size / stride) long, the odd pixel at the end.
 */
export function paddingAlong(
  padding: Padding,
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
): PadPair {
  if (padding === 'VALID') return [0, 0];
  const extent = (kernel - 1) * dilation + 1;
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Padding of both image axes in ONNX's order: top, left, bottom, right. */
export function onnxPads(vertical: PadPair, horizontal: PadPair): readonly number[] {
  return [vertical[0], horizontal[0], vertical[1], horizontal[1]];
}
