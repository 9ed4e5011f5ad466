import { elementCount, formatShape, type Shape, sameShape } from '../../core/tensor.js';
import type { OperatorName } from '../operators.js';
import { broadcastShapes } from './elementwise.js';
import type { OperatorCall, ShapeRules, ValueType } from './operator-call.js';

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
  const starts = call.constantNumbers(1, 'starts');
  const ends = call.constantNumbers(2, 'ends');
  const axes =
    call.optionalInput(3) === undefined ? [...starts.keys()] : call.constantNumbers(3, 'axes');
  const steps =
    call.optionalInput(4) === undefined ? starts.map(() => 1) : call.constantNumbers(4, 'steps');
  if (
    ends.length !== starts.length ||
    axes.length !== starts.length ||
    steps.length !== starts.length
  ) {
    call.fail('starts, ends, axes and steps differ in length');
  }
  return axes.map((named, index) => {
    const axis = call.axis(named, shape.length);
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
  const pads = call.constantNumbers(1, 'pads');
  if (pads.length !== 2 * rank) {
    call.fail('pads do not cover the axes', `${2 * rank} numbers`, `${pads.length}`);
  }
  return { before: pads.slice(0, rank), after: pads.slice(rank) };
}

function reshape(call: OperatorCall): Shape {
  const { shape } = call.input(0);
  const wanted = call.constantNumbers(1, 'shape');
  const sizes = wanted.map((size, axis) => (size === 0 ? (shape[axis] ?? 0) : size));
  const known = elementCount(sizes.filter((size) => size !== -1));
  const total = elementCount(shape);
  const open = sizes.filter((size) => size === -1).length;
  const full = sizes.map((size) => (size === -1 ? total / Math.max(known, 1) : size));
  if (open > 1 || !full.every(Number.isInteger) || elementCount(full) !== total) {
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
  const axes = call.constantNumbers(1, 'axes').map((axis) => call.axis(axis, shape.length));
  for (const axis of axes) {
    if (shape[axis] !== 1) call.fail(`axis ${axis} cannot be squeezed`, 'size 1', `${shape[axis]}`);
  }
  return new Set(axes);
}

/** Sizes of the parts of a Split. */
function splitSizes(call: OperatorCall<'Split'>, size: number): readonly number[] {
  if (call.optionalInput(1) !== undefined) {
    const sizes = call.constantNumbers(1, 'sizes');
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

function resize(call: OperatorCall<'Resize'>): Shape {
  const { shape } = call.input(0);
  const sizes =
    call.optionalInput(3) === undefined
      ? call
          .constantNumbers(2, 'scales')
          .map((scale, axis) => Math.floor(scale * (shape[axis] ?? 0)))
      : call.constantNumbers(3, 'sizes');
  if (sizes.length !== shape.length || sizes.some((size) => size < 1)) {
    call.fail('the new size does not fit', `${shape.length} positive sizes`, formatShape(sizes));
  }
  return sizes;
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
      if (!sameShape(other.shape.with(axis, 0), shape.with(axis, 0))) {
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
    const shape = call
      .input(0)
      .shape.map((size, axis) => size + (before[axis] ?? 0) + (after[axis] ?? 0));
    if (shape.some((size) => size < 0))
      call.fail('more is cropped than there is', undefined, formatShape(shape));
    return keepType(call, shape);
  },
  Reshape: (call) => keepType(call, reshape(call)),
  Transpose: (call) => {
    const { shape } = call.input(0);
    const { perm } = call.attributes;
    const axes = perm.map((axis) => call.axis(axis, shape.length));
    if (new Set(axes).size !== shape.length || perm.length !== shape.length) {
      call.fail('perm does not name each axis once', `${shape.length} axes`, formatShape(perm));
    }
    return keepType(
      call,
      axes.map((axis) => shape[axis] ?? 0),
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
    const added = call.constantNumbers(1, 'axes');
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
  Expand: (call) =>
    keepType(call, broadcastShapes(call, [call.input(0).shape, call.constantNumbers(1, 'shape')])),
  Tile: (call) => {
    const { shape } = call.input(0);
    const repeats = call.constantNumbers(1, 'repeats');
    if (repeats.length !== shape.length)
      call.fail('repeats do not cover the axes', `${shape.length}`, `${repeats.length}`);
    return keepType(
      call,
      shape.map((size, axis) => size * (repeats[axis] ?? 1)),
    );
  },
  Gather: (call) => {
    const { shape } = call.input(0);
    const axis = call.axis(call.attributes.axis, shape.length);
    return keepType(call, [
      ...shape.slice(0, axis),
      ...call.input(1).shape,
      ...shape.slice(axis + 1),
    ]);
  },
  Shape: (call) => [{ dtype: 'int64', shape: [call.input(0).shape.length] }],
  DepthToSpace: (call) => {
    const [batch = 0, channels = 0, height = 0, width = 0] = call.inputOfRank(0, 4).shape;
    const { blocksize: block } = call.attributes;
    if (channels % block ** 2 !== 0)
      call.fail('the channels do not divide', `a multiple of ${block ** 2}`, `${channels}`);
    return keepType(call, [batch, channels / block ** 2, height * block, width * block]);
  },
  SpaceToDepth: (call) => {
    const [batch = 0, channels = 0, height = 0, width = 0] = call.inputOfRank(0, 4).shape;
    const { blocksize: block } = call.attributes;
    if (height % block !== 0 || width % block !== 0) {
      call.fail(
        'the image does not divide into blocks',
        `multiples of ${block}`,
        `${height} x ${width}`,
      );
    }
    return keepType(call, [batch, channels * block ** 2, height / block, width / block]);
  },
  Resize: (call) => keepType(call, resize(call)),
} as const satisfies Partial<ShapeRules<OperatorName>>;
