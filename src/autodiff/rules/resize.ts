import { sameShape, toNumbers } from '../../core/tensor.js';
import { clampedTo, linearTaps, type Tap } from '../../graph/axis-map.js';
import type { AttributesOf, OperatorName } from '../../graph/operators.js';
import { type TensorAxisMap, throughAxisMaps } from '../axis-map-gradient.js';
import { differentiable, type GradientCall, type GradientEntries } from '../gradient-rule.js';

type Settings = AttributesOf<'Resize'>;

/** Sizes of an axis before and after, and the factor between them that is computed with. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/**
 * Where an output sample lies on the input's axis (ONNX Resize, "coordinate_transformation_mode"),
 * in single precision as ONNX Runtime computes it, so that nearest neighbours are the same.
 */
function coordinate(settings: Settings, { from, to, scale }: Stretch, sample: number): number {
  const { fround } = Math;
  const halfPixel = () => fround(fround(fround(sample + 0.5) / scale) - 0.5);
  switch (settings.coordinate_transformation_mode) {
    case 'align_corners':
      return to === 1 ? 0 : fround(fround(sample * (from - 1)) / (to - 1));
    case 'asymmetric':
      return fround(sample / scale);
    case 'pytorch_half_pixel':
      return to > 1 ? halfPixel() : 0;
    default:
      return halfPixel();
  }
}

function rounded(mode: string, position: number): number {
  const down = Math.floor(position);
  switch (mode) {
    case 'floor':
      return down;
    case 'ceil':
      return Math.ceil(position);
    case 'round_prefer_ceil':
      return Math.floor(position + 0.5);
    default:
      return position === down + 0.5 ? down : Math.round(position);
  }
}

/** Keys' cubic convolution kernel at a distance of up to 2, with its free coefficient a. */
function cubicWeight(a: number, distance: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/** The weighted input elements that make one output sample; those beyond an end repeat it. */
function tapsOf(settings: Settings, stretch: Stretch, sample: number): readonly Tap[] {
  const { from } = stretch;
  const position = coordinate(settings, stretch, sample);
  switch (settings.mode) {
    case 'linear':
      return linearTaps(from, position);
    case 'cubic': {
      const lower = Math.floor(position);
      return [-1, 0, 1, 2].map((offset) => ({
        from: clampedTo(from, lower + offset),
        weight: cubicWeight(settings.cubic_coeff_a, position - lower - offset),
      }));
    }
    default:
      return [{ from: clampedTo(from, rounded(settings.nearest_mode, position)), weight: 1 }];
  }
}

/** The map of each axis that is resized. */
function axisMaps(call: GradientCall<'Resize'>): readonly TensorAxisMap[] {
  const given = call.has(2) ? call.input(2).constant : undefined;
  const scales = given === undefined ? undefined : toNumbers(given);
  const { shape: after } = call.output();
  return call.input(0).shape.flatMap((from, axis): TensorAxisMap[] => {
    const to = after[axis] ?? 1;
    const scale = scales?.[axis] ?? Math.fround(to / from);
    if (from === to && scale === 1) return [];
    const taps = Array.from({ length: to }, (_, sample) =>
      tapsOf(call.node.attributes, { from, to, scale }, sample),
    );
    return [{ axis, size: from, taps }];
  });
}

/** Resizing is linear and separable: dx = My^T dy Mx with the matrices of both axes' weights. */
export const resizeEntries = {
  Resize: differentiable((call) => {
    // ONNX Runtime copies an image that keeps its size, whatever the scales say.
    if (sameShape(call.input(0).shape, call.output().shape)) return [call.gradient];
    return [throughAxisMaps(call, axisMaps(call))];
  }),
} as const satisfies Partial<GradientEntries<OperatorName>>;
