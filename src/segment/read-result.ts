import type { SegmentationOutput } from '../convert/segmentation/segmentation-graph.js';
import { InternalError, OptionError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import type { LabelMap, Size } from '../image/index.js';
import { pictureSamples } from './label-map/coordinates.js';
import { labelMap } from './label-map/label-map.js';
import { probabilities } from './label-map/probabilities.js';
import { resampleLabels } from './label-map/resample-labels.js';
import type { View } from './mean-probabilities.js';

/** How a picture lay in the network's input. */
export interface Placement {
  readonly picture: Size;
  readonly input: Size;
  /** Size of the scaled picture at the input's top left. */
  readonly valid: Size;
}

/** A placement, and what is wanted of the answer. */
export interface Reading extends Placement {
  readonly probabilities: boolean;
}

/** A label map at the picture's size, with the probabilities where they are wanted. */
export interface ReadResult {
  readonly map: LabelMap;
  readonly probabilities: Float32Array | undefined;
}

/**
 * Reads what a network gave as labels of the picture's pixels.
 *
 * @throws OptionError where probabilities are wanted of a network that gives class indices.
 */
export function readResult(
  output: SegmentationOutput,
  result: Tensor,
  reading: Reading,
): ReadResult {
  if (output.kind === 'labels') {
    if (reading.probabilities) {
      throw new OptionError({
        place: 'probabilities',
        problem: 'the model gives class indices only',
        fix: 'leave probabilities out',
      });
    }
    const { x, y } = samplesOf(output, reading);
    const grid = { width: output.width, height: output.height, data: wholeNumbers(result) };
    return { map: resampleLabels(grid, x, y), probabilities: undefined };
  }
  const { scores, meaning, x, y } = scoreView(output, result, reading);
  return {
    map: labelMap(scores, x, y),
    probabilities: reading.probabilities ? probabilities(scores, x, y, meaning) : undefined,
  };
}

/** A network's scores, with the positions at which the picture's pixels sample them. */
export function scoreView(
  output: Extract<SegmentationOutput, { kind: 'scores' }>,
  result: Tensor,
  placement: Placement,
): Omit<View, 'mirrored'> {
  if (result.dtype !== 'float32') {
    throw new InternalError('segment', `scores of type ${result.dtype}`);
  }
  const { classes, width, height, meaning } = output;
  const scores = { data: result.data, classes, width, height };
  return { scores, meaning, ...samplesOf(output, placement) };
}

function samplesOf(output: SegmentationOutput, placement: Placement) {
  const convention = output.kind === 'scores' ? output.convention : 'half-pixel';
  const along = (side: 'width' | 'height') =>
    pictureSamples({
      picture: placement.picture[side],
      valid: placement.valid[side],
      input: placement.input[side],
      grid: output[side],
      convention,
    });
  return { x: along('width'), y: along('height') };
}

function wholeNumbers(labels: Tensor): BigInt64Array | Int32Array | Uint8Array {
  if (labels.dtype === 'int64' || labels.dtype === 'int32' || labels.dtype === 'uint8') {
    return labels.data;
  }
  throw new InternalError('segment', `class indices of type ${labels.dtype}`);
}
