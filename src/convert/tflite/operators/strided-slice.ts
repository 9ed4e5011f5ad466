import type { ImportOf } from '../operator-import.js';

/** Arguments of an ONNX Slice. */
export interface SliceParts {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps: readonly number[];
}

const farEnd = 2 ** 31 - 1;

/**
 * A STRIDED_SLICE as an ONNX Slice that keeps every axis; shrinking is left to a reshape.
 *
 * Bit i of a mask speaks of axis i: begin and end masks open that side, the shrink mask takes one
 * element.
 */
export function sliceParts(scope: ImportOf<'STRIDED_SLICE'>): SliceParts {
  const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask, offset } =
    scope.operator.options;
  if (ellipsisMask !== 0 || newAxisMask !== 0)
    scope.unsupported('slices with ellipsis or new axes');
  const begins = scope.numbers(1);
  const steps = scope.numbers(3);
  const shrinks = (axis: number): boolean => isSet(shrinkAxisMask, axis);
  const starts = begins.map((begin, axis) => {
    if (!isSet(beginMask, axis)) return begin;
    return (steps[axis] ?? 1) > 0 ? 0 : farEnd;
  });
  const ends = scope.numbers(2).map((end, axis) => {
    const start = starts[axis] ?? 0;
    if (shrinks(axis)) return start === -1 ? farEnd : start + 1;
    if (isSet(endMask, axis)) return (steps[axis] ?? 1) > 0 ? farEnd : -farEnd;
    return offset ? start + end : end;
  });
  return {
    starts,
    ends,
    axes: [...begins.keys()],
    steps: steps.map((step, axis) => (shrinks(axis) ? 1 : step)),
  };
}

function isSet(mask: number, bit: number): boolean {
  return (mask & (1 << bit)) !== 0;
}
