import { formatShape, type Shape } from '../../core/tensor.js';
import { floating } from './element-types.js';
import type { OperatorCall } from './operator-call.js';

const modes = ['nearest', 'linear', 'cubic'];
const conventions = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];

/** Shape that a Resize gives its input, from sizes or from scales (of which it takes the floor). */
export function resizedShape(call: OperatorCall<'Resize'>): Shape {
  const { shape } = call.input(0);
  const { mode, coordinate_transformation_mode, nearest_mode } = call.attributes;
  call.requireChoice('mode', mode, modes);
  call.requireChoice('coordinate mode', coordinate_transformation_mode, conventions);
  call.requireChoice('nearest mode', nearest_mode, roundings);
  if (call.optionalInput(1) !== undefined) {
    call.fail('a region of interest is not used', 'input 1 left out');
  }
  const sizes = call.optionalInput(3) === undefined ? scaled(call) : givenSizes(call);
  if (sizes.length !== shape.length || sizes.some((size) => size < 1)) {
    call.fail('the new size does not fit', `${shape.length} positive sizes`, formatShape(sizes));
  }
  if (mode === 'cubic') call.requireDtype(0, ...floating);
  if (mode !== 'nearest') requireImage(call, shape, sizes);
  return sizes;
}

function givenSizes(call: OperatorCall<'Resize'>): Shape {
  if (call.optionalInput(2) !== undefined) call.fail('both scales and sizes are given', 'one');
  return call.constantIntegers(3, 'sizes');
}

function scaled(call: OperatorCall<'Resize'>): Shape {
  const { shape } = call.input(0);
  const scales = call.constantNumbers(2, 'scales');
  call.requireDtype(2, 'float32');
  call.inputOfRank(2, 1);
  if (scales.length !== shape.length || !scales.every((scale) => scale > 0)) {
    call.fail('the scales do not fit', `${shape.length} positive scales`, formatShape(scales));
  }
  return scales.map((scale, axis) => Math.floor(scale * (shape[axis] ?? 0)));
}

/** ONNX Runtime interpolates along the last two axes, or along those of an image [N, H, W, C]. */
function requireImage(call: OperatorCall<'Resize'>, from: Shape, to: Shape): void {
  const changed = from.flatMap((size, axis) => (size === to[axis] ? [] : [axis]));
  if (changed.length === 0) return;
  const last = changed.every((axis) => axis >= from.length - 2);
  if (![2, 4].includes(from.length) || !last) {
    call.fail(
      `${call.attributes.mode} resizing is over other axes than an image's`,
      '[H, W] or [N, C, H, W]',
      `${formatShape(from)} to ${formatShape(to)}`,
    );
  }
}
