import { elementCount, formatShape, type Shape, sameShape, toNumbers } from '../../core/tensor.js';
import type { OperatorName } from '../operators.js';
import { broadcastShapes } from './elementwise.js';
import type { OperatorCall, ShapeRules, ValueType } from './operator-call.js';
import { resizedShape } from './resize.js';

function keepType(call: OperatorCall, shape: Shape): readonly ValueType[] {
  return [{ dtype: call.input(0).dtype, shape }];
}

/** The part of an axis that Slice takes, clamped to it as ONNX (and Python) do. */
export interface SliceRange {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The ranges that a Slice takes, one for each axis it names. */
export function sliceRanges(call: OperatorCall): readonly SliceRange[] {
  const { shape } = call.input(0);
  const given = (position: number, meaning: string): readonly number[] | undefined =>
    call.optionalInput(position) === undefined
      ? undefined
      : call.constantIntegers(position, meaning, [call.input(1).dtype]);
  const starts = call.constantIntegers(1, 'starts', ['int64', 'int32']);
  const ends = call.constantIntegers(2, 'ends', [call.input(1).dtype]);
  const axes = given(3, 'axes') ?? [...starts.keys()];
  const steps = given(4, 'steps') ?? starts.map(() => 1);
  if (
    ends.length !== starts.length ||
    axes.length !== starts.length ||
    steps.length !== starts.length
  ) {
    call.fail('starts, ends, axes and steps differ in length');
  }
  const known = axes.map((named) => call.axis(named, shape.length));
  if (new Set(known).size !== known.length)
    call.fail('an axis is named twice', undefined, formatShape(axes));
  return known.map((axis, index) => {
    const size = shape[axis] ?? 0;
    const step = steps[index] ?? 1;
    if (step === 0) call.fail('a step of zero');
    const fromEnd = (position: number): number => (position < 0 ? position + size : position);
    const clamp = (position: number, least: number, most: number): number =>
      Math.min(Math.max(position, least), most);
    const forward = step > 0;
    const start = clamp(fromEnd(starts[index] ?? 0), 0, forward ? size : size - 1);
    const end = clamp(fromEnd(ends[index] ?? 0), forward ? 0 : -1, forward ? size : size - 1);
    return { axis, start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
}

/** Padding before and after each axis; negative crops. */
export function padWidths(call: OperatorCall): {
  before: readonly number[];
  after: readonly number[];
} {
  const rank = call.input(0).shape.length;
  const pads = call.constantIntegers(1, 'pads');
  if (pads.length !== 2 * rank) {
    call.fail('pads do not cover the axes', `${2 * rank} numbers`, `${pads.length}`);
  }
  return { before: pads.slice(0, rank), after: pads.slice(rank) };
}

function reshape(call: OperatorCall): Shape {
  const { shape } = call.input(0);
  const wanted = call.constantIntegers(1, 'shape');
  const sizes = wanted.map((size, axis) => (size === 0 ? (shape[axis] ?? 0) : size));
  const known = elementCount(sizes.filter((size) => size !== -1));
  const total = elementCount(shape);
  const open = sizes.filter((size) => size === -1).length;
  const full = sizes.map((size) => (size === -1 ? total / Math.max(known, 1) : size));
  const whole = full.every((size) => Number.isInteger(size) && size >= 0);
  if (open > 1 || !whole || elementCount(full) !== total) {
    call.fail(
      'the shapes hold different numbers of elements',
      formatShape(shape),
      formatShape(wanted),
    );
  }
  return full;
}

function squeezedAxes(call: OperatorCall): ReadonlySet<number> {
  const { shape } = call.input(0);
  if (call.optionalInput(1) === undefined) {
    return new Set([...shape.keys()].filter((axis) => shape[axis] === 1));
  }
  const axes = call.constantIntegers(1, 'axes').map((axis) => call.axis(axis, shape.length));
  for (const axis of axes) {
    if (shape[axis] !== 1) call.fail(`axis ${axis} cannot be squeezed`, 'size 1', `${shape[axis]}`);
  }
  return new Set(axes);
}

/** Sizes of the parts of a Split. */
function splitSizes(call: OperatorCall<'Split'>, size: number): readonly number[] {
  if (call.optionalInput(1) !== undefined) {
    const sizes = call.constantIntegers(1, 'sizes');
    if (sizes.some((part) => part < 0)) call.fail('a part is negative', undefined, `${sizes}`);
    if (sizes.reduce((sum, part) => sum + part, 0) !== size || sizes.length !== call.outputCount) {
      call.fail(
        'the parts do not make up the axis',
        `${call.outputCount} parts of ${size}`,
        formatShape(sizes),
      );
    }
    return sizes;
  }
  if (size % call.outputCount !== 0) {
    call.fail('the axis does not split evenly', `a multiple of ${call.outputCount}`, `${size}`);
  }
  return Array.from({ length: call.outputCount }, () => size / call.outputCount);
}

function requireIndices(call: OperatorCall<'Gather'>, size: number): void {
  const { constant } = call.input(1);
  const outside = constant && toNumbers(constant).find((index) => index < -size || index >= size);
  if (outside !== undefined) {
    call.fail('an index is out of range', `${-size} to ${size - 1}`, `${outside}`);
  }
}

function blockSize(call: OperatorCall<'DepthToSpace'> | OperatorCall<'SpaceToDepth'>): number {
  const { blocksize } = call.attributes;
  if (!(Number.isInteger(blocksize) && blocksize >= 1)) {
    call.fail('blocksize is out of range', 'a whole number from 1', `${blocksize}`);
  }
  return blocksize;
}

/** Demands elements enough to fill the padding from, where it is not of a constant. */
function requireSource(
  call: OperatorCall<'Pad'>,
  before: readonly number[],
  after: readonly number[],
): void {
  const { mode } = call.attributes;
  if (mode === 'constant') return;
  call.input(0).shape.forEach((size, axis) => {
    const [first = 0, last = 0] = [before[axis], after[axis]];
    const left = size + Math.min(first, 0) + Math.min(last, 0);
    // A reflection does not repeat the edge.
    const most = mode === 'reflect' ? left - 1 : Number.POSITIVE_INFINITY;
    if (left < 1 || Math.max(first, last) > most) {
      call.fail(`axis ${axis} is too short to ${mode}`, `${size}`, `${first} and ${last}`);
    }
  });
}

/** Operators that move elements about without computing on them. */
export const layoutRules = {
  Concat: (call) => {
    const { shape } = call.input(0);
    const axis = call.axis(call.attributes.axis, shape.length);
    let total = 0;
    call.inputs.forEach((_, position) => {
      const other = call.input(position);
      call.requireSameDtype(0, position);
      const linesUp = other.shape.length === shape.length;
      if (!linesUp || !sameShape(other.shape.with(axis, 0), shape.with(axis, 0))) {
        call.fail(
          `input ${position} does not line up`,
          formatShape(shape),
          formatShape(other.shape),
        );
      }
      total += other.shape[axis] ?? 0;
    });
    return keepType(call, shape.with(axis, total));
  },
  Split: (call) => {
    const { dtype, shape } = call.input(0);
    const axis = call.axis(call.attributes.axis, shape.length);
    return splitSizes(call, shape[axis] ?? 0).map((size) => ({
      dtype,
      shape: shape.with(axis, size),
    }));
  },
  Slice: (call) => {
    let { shape } = call.input(0);
    for (const { axis, count } of sliceRanges(call)) shape = shape.with(axis, count);
    return keepType(call, shape);
  },
  Pad: (call) => {
    const { before, after } = padWidths(call);
    call.requireChoice('mode', call.attributes.mode, ['constant', 'reflect', 'edge']);
    if (call.optionalInput(2) !== undefined) {
      call.requireSameDtype(0, 2);
      call.inputOfRank(2, 0);
    }
    const { shape: from } = call.input(0);
    requireSource(call, before, after);
    const shape = from.map((size, axis) => size + (before[axis] ?? 0) + (after[axis] ?? 0));
    if (shape.some((size) => size < 0))
      call.fail('more is cropped than there is', undefined, formatShape(shape));
    return keepType(call, shape);
  },
  Reshape: (call) => keepType(call, reshape(call)),
  Transpose: (call) => {
    const { shape } = call.input(0);
    const { perm } = call.attributes;
    const named = new Set(perm);
    if (perm.length !== shape.length || ![...shape.keys()].every((axis) => named.has(axis))) {
      call.fail('perm does not name each axis once', `${shape.length} axes`, formatShape(perm));
    }
    return keepType(
      call,
      perm.map((axis) => shape[axis] ?? 0),
    );
  },
  Squeeze: (call) => {
    const dropped = squeezedAxes(call);
    return keepType(
      call,
      call.input(0).shape.filter((_, axis) => !dropped.has(axis)),
    );
  },
  Unsqueeze: (call) => {
    const { shape } = call.input(0);
    const added = call.constantIntegers(1, 'axes');
    const rank = shape.length + added.length;
    const axes = new Set(added.map((axis) => call.axis(axis, rank)));
    if (axes.size !== added.length)
      call.fail('an axis is named twice', undefined, formatShape(added));
    const rest = shape.values();
    return keepType(
      call,
      Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.next().value ?? 1))),
    );
  },
  Flatten: (call) => {
    const { shape } = call.input(0);
    const { axis } = call.attributes;
    const split = axis === shape.length ? axis : call.axis(axis, shape.length);
    return keepType(call, [elementCount(shape.slice(0, split)), elementCount(shape.slice(split))]);
  },
  Expand: (call) => {
    const target = call.constantIntegers(1, 'shape');
    if (target.some((size) => size < 0))
      call.fail('sizes are out of range', 'whole numbers from 0', formatShape(target));
    return keepType(call, broadcastShapes(call, [call.input(0).shape, target]));
  },
  Tile: (call) => {
    const { shape } = call.input(0);
    const repeats = call.constantIntegers(1, 'repeats');
    if (repeats.length !== shape.length)
      call.fail('repeats do not cover the axes', `${shape.length}`, `${repeats.length}`);
    if (repeats.some((count) => count < 0))
      call.fail('repeats are out of range', 'whole numbers from 0', formatShape(repeats));
    return keepType(
      call,
      shape.map((size, axis) => size * (repeats[axis] ?? 1)),
    );
  },
  Gather: (call) => {
    const { shape } = call.input(0);
    const axis = call.axis(call.attributes.axis, shape.length);
    call.requireDtype(1, 'int64', 'int32');
    requireIndices(call, shape[axis] ?? 0);
    return keepType(call, [
      ...shape.slice(0, axis),
      ...call.input(1).shape,
      ...shape.slice(axis + 1),
    ]);
  },
  Shape: (call) => [{ dtype: 'int64', shape: [call.input(0).shape.length] }],
  DepthToSpace: (call) => {
    const [batch = 0, channels = 0, height = 0, width = 0] = call.inputOfRank(0, 4).shape;
    const block = blockSize(call);
    call.requireChoice('mode', call.attributes.mode, ['DCR', 'CRD']);
    if (channels % block ** 2 !== 0)
      call.fail('the channels do not divide', `a multiple of ${block ** 2}`, `${channels}`);
    return keepType(call, [batch, channels / block ** 2, height * block, width * block]);
  },
  SpaceToDepth: (call) => {
    const [batch = 0, channels = 0, height = 0, width = 0] = call.inputOfRank(0, 4).shape;
    const block = blockSize(call);
    if (height % block !== 0 || width % block !== 0) {
      call.fail(
        'the image does not divide into blocks',
        `multiples of ${block}`,
        `${height} x ${width}`,
      );
    }
    return keepType(call, [batch, channels * block ** 2, height / block, width / block]);
  },
  Resize: (call) => keepType(call, resizedShape(call)),
} as const satisfies Partial<ShapeRules<OperatorName>>;
