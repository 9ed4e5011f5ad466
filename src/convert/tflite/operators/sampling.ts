import type { OperatorName } from '../../../formats/tflite/index.js';
import type { Converted, ImportOf } from '../operator-import.js';
import { type Converters, computes, moves, planarOutput } from './converter.js';

type ResizeName = 'RESIZE_BILINEAR' | 'RESIZE_NEAREST_NEIGHBOR';

/** Position of an output pixel in the input, as ONNX names TensorFlow's three conventions. */
function coordinates(scope: ImportOf<ResizeName>): 'align_corners' | 'half_pixel' | 'asymmetric' {
  const { alignCorners, halfPixelCenters } = scope.operator.options;
  if (alignCorners) return 'align_corners';
  return halfPixelCenters ? 'half_pixel' : 'asymmetric';
}

function resize(scope: ImportOf<ResizeName>): readonly Converted[] {
  const input = scope.planar(0);
  const [, height = 0, width = 0] = scope.outputRecord().shape;
  const [batch = 1, channels = 0, fromHeight, fromWidth] = input.shape;
  if (fromHeight === height && fromWidth === width) return planarOutput(input);
  const shape = scope.axes([batch, channels, height, width], 'size');
  // A single pixel, such as the image-level feature, has the same value everywhere.
  if (fromHeight === 1 && fromWidth === 1) {
    return planarOutput(scope.builder.add('Expand', [input, shape], {}, { name: scope.name }));
  }
  const convention = coordinates(scope);
  const nearest = scope.operator.name === 'RESIZE_NEAREST_NEIGHBOR';
  const attributes = {
    mode: nearest ? 'nearest' : 'linear',
    coordinate_transformation_mode: convention,
    // TensorFlow takes floor((x + 0.5) scale) for half pixels, which is rounding x scale here.
    ...(nearest
      ? { nearest_mode: convention === 'asymmetric' ? 'floor' : 'round_prefer_ceil' }
      : {}),
  };
  const inputs = [input, undefined, undefined, shape];
  return planarOutput(scope.builder.add('Resize', inputs, attributes, { name: scope.name }));
}

/** Resizing of images. */
export const samplingConverters = {
  // Interpolation of 8-bit numbers in real ones keeps the fraction until the last rounding.
  RESIZE_BILINEAR: computes(resize),
  RESIZE_NEAREST_NEIGHBOR: moves(resize),
} as const satisfies Partial<Converters<OperatorName>>;
