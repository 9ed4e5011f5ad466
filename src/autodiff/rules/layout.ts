import { elementCount, type Shape } from '../../core/tensor.js';
import { type AxisMap, clampedTo } from '../../graph/axis-map.js';
import type { Value } from '../../graph/graph.js';
import type { OperatorName } from '../../graph/operators.js';
import { padWidths, type SliceRange, sliceRanges } from '../../graph/shape-rules/layout.js';
import { throughAxisMaps } from '../axis-map-gradient.js';
import {
  differentiable,
  flat,
  type GradientCall,
  type GradientEntries,
  type GradientRule,
} from '../gradient-rule.js';

type Widths = readonly number[];

/** Pads with zeros before and after each axis; negative widths crop. */
function padded(call: GradientCall, value: Value, before: Widths, after: Widths): Value {
  const widths = [...before, ...after];
  if (widths.every((width) => width === 0)) return value;
  return call.add('Pad', [value, call.integers(widths)], {});
}

/** The gradient in the shape that the input had: for operators that only change the shape. */
const reshaped: GradientRule<'Reshape' | 'Squeeze' | 'Unsqueeze' | 'Flatten'> = (call) => [
  call.reshape(call.gradient, call.input(0).shape),
];

/** The part of the gradient of a Concat that came from one input. */
function part(call: GradientCall<'Concat'>, axis: number, position: number): Value {
  const sizes = call.node.inputs.map((input) => input?.shape[axis] ?? 0);
  const start = sizes.slice(0, position).reduce((sum, size) => sum + size, 0);
  const ends = start + (sizes[position] ?? 0);
  if (sizes.length === 1) return call.gradient;
  const numbers = [[start], [ends], [axis]].map((values) => call.integers(values));
  return call.add('Slice', [call.gradient, ...numbers], {});
}

/** Turns the axes round that a Slice read backwards. */
function turned(call: GradientCall<'Slice'>, ranges: readonly SliceRange[]): Value {
  const axes = ranges.filter(({ step }) => step < 0).map(({ axis }) => axis);
  if (axes.length === 0) return call.gradient;
  const each = (value: number) => call.integers(axes.map(() => value));
  const inputs = [call.gradient, each(-1), each(-(2 ** 31)), call.integers(axes), each(-1)];
  return call.add('Slice', inputs, {});
}

/** Puts step - 1 zeros after each element of an axis. */
function spread(call: GradientCall<'Slice'>, value: Value, steps: readonly number[]): Value {
  if (steps.every((step) => step === 1)) return value;
  const single = value.shape.flatMap((size) => [size, 1]);
  const after = steps.flatMap((step) => [0, step - 1]);
  const filled = padded(
    call,
    call.reshape(value, single),
    after.map(() => 0),
    after,
  );
  return call.reshape(
    filled,
    value.shape.map((size, axis) => size * (steps[axis] ?? 1)),
  );
}

/** dx = dy at the elements that were taken, else 0. */
const slice: GradientRule<'Slice'> = (call) => {
  const { shape } = call.input(0);
  if (elementCount(call.output().shape) === 0) return [call.zeros(shape)];
  const ranges = sliceRanges(call.described);
  const steps = shape.map(() => 1);
  const before = shape.map(() => 0);
  for (const { axis, start, step, count } of ranges) {
    steps[axis] = Math.abs(step);
    before[axis] = step > 0 ? start : start + step * (count - 1);
  }
  const spaced = spread(call, turned(call, ranges), steps);
  const after = shape.map((size, axis) => size - (before[axis] ?? 0) - (spaced.shape[axis] ?? 0));
  return [padded(call, spaced, before, after)];
};

/** Which element each one of a padded axis repeats. */
function repetition(mode: string, size: number, before: number, after: number): AxisMap['taps'] {
  // Cropping comes first: the edge is that of what is left.
  const [first, last] = [Math.max(0, -before), size - 1 - Math.max(0, -after)];
  const left = last - first + 1;
  return Array.from({ length: size + before + after }, (_, at) => {
    const position = at - Math.max(0, before);
    const mirrored = position < 0 ? -position : left - 1 - Math.abs(left - 1 - position);
    const from = first + (mode === 'edge' ? clampedTo(left, position) : mirrored);
    return [{ from, weight: 1 }];
  });
}

/** Cuts the padding off; what it repeated of the input is added to where it came from. */
const pad: GradientRule<'Pad'> = (call) => {
  const { before, after } = padWidths(call.described);
  const { mode } = call.node.attributes;
  if (mode !== 'constant') {
    const maps = call.input(0).shape.map((size, axis) => ({
      axis,
      size,
      taps: repetition(mode, size, before[axis] ?? 0, after[axis] ?? 0),
    }));
    const changed = maps.filter(({ axis }) => before[axis] !== 0 || after[axis] !== 0);
    return [throughAxisMaps(call, changed)];
  }
  const negative = (widths: Widths) => widths.map((width) => -width);
  const inner = padded(call, call.gradient, negative(before), negative(after));
  const fill = () => call.minus(call.sumTo(call.gradient, []), call.sumTo(inner, []));
  return [call.wants(0) ? inner : undefined, undefined, call.wants(2) ? fill() : undefined];
};

function transposed(call: GradientCall, value: Value, perm: readonly number[]): Value {
  return call.add('Transpose', [value], { perm });
}

/** Operators that move elements about: their gradients move them back. */
export const layoutEntries = {
  Reshape: differentiable(reshaped),
  Squeeze: differentiable(reshaped),
  Unsqueeze: differentiable(reshaped),
  Flatten: differentiable(reshaped),
  Transpose: differentiable((call) => {
    const { perm } = call.node.attributes;
    return [
      transposed(
        call,
        call.gradient,
        [...perm.keys()].map((axis) => perm.indexOf(axis)),
      ),
    ];
  }),
  /** dx_i = the slice of dy that x_i became */
  Concat: differentiable((call) => {
    const axis = call.described.axis(call.node.attributes.axis, call.output().shape.length);
    return call.node.inputs.map((_, position) =>
      call.wants(position) ? part(call, axis, position) : undefined,
    );
  }),
  /** dx = the gradients of the parts joined, 0 where the loss does not depend on one */
  Split: differentiable((call) => {
    const parts = call.node.outputs.map(
      ({ shape }, position) => call.gradients[position] ?? call.zeros(shape),
    );
    return [call.add('Concat', parts, { axis: call.node.attributes.axis })];
  }),
  Slice: differentiable(slice),
  Pad: differentiable(pad),
  /** dx = dy summed over the copies */
  Expand: differentiable((call) => [call.sumTo(call.gradient, call.input(0).shape)]),
  Tile: differentiable((call) => {
    const { shape } = call.input(0);
    const repeats = call.described.constantIntegers(1, 'repeats');
    const copies: Shape = shape.flatMap((size, axis) => [repeats[axis] ?? 1, size]);
    const axes = [...shape.keys()].filter((axis) => repeats[axis] !== 1);
    const split = call.reshape(call.gradient, copies);
    const sum = call.sum(
      split,
      axes.map((axis) => 2 * axis),
      0,
    );
    return [call.reshape(sum, shape)];
  }),
  DepthToSpace: differentiable((call) => {
    const { blocksize, mode } = call.node.attributes;
    if (mode === 'DCR') return [call.add('SpaceToDepth', [call.gradient], { blocksize })];
    const { shape } = call.input(0);
    const [batch = 1, channels = 1, height = 1, width = 1] = shape;
    const depth = channels / blocksize ** 2;
    const split = [batch, depth, height, blocksize, width, blocksize];
    const blocks = transposed(call, call.reshape(call.gradient, split), [0, 1, 3, 5, 2, 4]);
    return [call.reshape(blocks, shape)];
  }),
  SpaceToDepth: differentiable((call) => {
    const { blocksize } = call.node.attributes;
    return [call.add('DepthToSpace', [call.gradient], { blocksize, mode: 'DCR' })];
  }),
  Shape: flat,
} as const satisfies Partial<GradientEntries<OperatorName>>;
