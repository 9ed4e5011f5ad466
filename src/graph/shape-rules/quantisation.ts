import { elementCount, formatShape } from '../../core/tensor.js';
import { bytes } from './element-types.js';
import type { OperatorCall } from './operator-call.js';

/**
 * Demands a scale at a position and a zero point after it: one pair for the tensor, or, where
 * `slices` is told, one for each of that many slices.
 */
export function requireScale(call: OperatorCall, position: number, slices?: number): void {
  const scale = call.input(position).shape;
  const zeroPoint = call.input(position + 1).shape;
  call.requireDtype(position, 'float32');
  const count = elementCount(scale);
  if (scale.length > 1 || (count !== 1 && count !== slices)) {
    const expected = slices === undefined ? 'one number' : `one number or [${slices}]`;
    call.fail(`the scale (input ${position}) does not fit`, expected, formatShape(scale));
  }
  if (zeroPoint.length > 1 || elementCount(zeroPoint) !== count) {
    call.fail(
      `scale and zero point (inputs ${position} and ${position + 1}) differ in number`,
      formatShape(scale),
      formatShape(zeroPoint),
    );
  }
}

/** Demands scalars where ONNX Runtime takes no vectors of one number. */
export function requireScalars(call: OperatorCall, positions: readonly number[]): void {
  for (const position of positions) call.inputOfRank(position, 0);
}

/** Demands an 8-bit tensor at a position, with its scale and zero point after it. */
export function requireStored(call: OperatorCall, position: number, slices?: number): void {
  call.requireDtype(position, ...bytes);
  requireScale(call, position + 1, slices);
  call.requireSameDtype(position, position + 2);
}

/** Demands scale and zero point of another tensor of the type of the one at `like`. */
export function requireStoredLike(call: OperatorCall, position: number, like: number): void {
  requireScale(call, position);
  call.requireSameDtype(like, position + 1);
}
