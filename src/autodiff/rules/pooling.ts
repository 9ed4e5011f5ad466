import type { Tap } from '../../graph/axis-map.js';
import type { OperatorName } from '../../graph/operators.js';
import { type TensorAxisMap, throughAxisMaps } from '../axis-map-gradient.js';
import { differentiable, type GradientCall, type GradientEntries } from '../gradient-rule.js';
import { extremeGradient } from './reduction.js';

/** The mean over windows along one image axis; both axes together make the pool. */
function meanAlong(call: GradientCall<'AveragePool'>, axis: 0 | 1): TensorAxisMap {
  const { kernel_shape, strides, pads, count_include_pad } = call.node.attributes;
  const size = call.input(0).shape[axis + 2] ?? 1;
  const windows = call.output().shape[axis + 2] ?? 1;
  const [kernel = 1, stride = 1, before = 0] = [kernel_shape[axis], strides[axis], pads[axis]];
  const after = pads[axis + 2] ?? 0;
  const taps = Array.from({ length: windows }, (_, window): readonly Tap[] => {
    const start = window * stride - before;
    const end = Math.min(start + kernel, size + after);
    const inside: number[] = [];
    for (let from = Math.max(start, 0); from < Math.min(end, size); from++) inside.push(from);
    // A window of `ceil_mode` may reach beyond the padding; what lies there never counts.
    const count = count_include_pad === 1 ? end - start : inside.length;
    return inside.map((from) => ({ from, weight: 1 / count }));
  });
  return { axis: axis + 2, size, taps };
}

/** Pooling of images [N, C, H, W]. */
export const poolingEntries = {
  /** Linear and separable: dx = Ay^T dy Ax with the averaging matrices of both axes */
  AveragePool: differentiable((call) => [
    throughAxisMaps(call, [meanAlong(call, 1), meanAlong(call, 0)]),
  ]),
  /** dx = dy / (H W) everywhere */
  GlobalAveragePool: differentiable((call) => {
    const { shape } = call.input(0);
    const [, , height = 1, width = 1] = shape;
    const share = call.times(call.gradient, call.scalar(1 / (height * width)));
    return [call.expand(share, shape)];
  }),
  /** dx = dy at the largest element; elements that are equal share it */
  GlobalMaxPool: differentiable((call) => [extremeGradient(call, [2, 3])]),
  /** dx = dy at the first largest element of each window */
  MaxPool: differentiable((call) => [
    call.add('MaxPoolGradient', [call.gradient, call.input(0)], call.node.attributes),
  ]),
} as const satisfies Partial<GradientEntries<OperatorName>>;
