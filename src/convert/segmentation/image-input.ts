import { UnsupportedError } from '../../core/errors.js';
import { formatShape, tensor } from '../../core/tensor.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import { onnxDtypes } from '../../graph/onnx-dtype.js';

/** How a model wants its pixels: (pixel - mean) / std, pixels from 0 to 255, per channel. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** What a model's image input looks like. */
export interface ImageInput {
  readonly width: number;
  readonly height: number;
  /** `first`: [1, 3, H, W]; `last`: [1, H, W, 3]. */
  readonly channels: 'first' | 'last';
  /** Type of the pixels to feed: bytes where the model takes 8-bit numbers, else float32. */
  readonly pixels: 'uint8' | 'float32';
}

/**
 * Recognises an input of one RGB image.
 *
 * @throws UnsupportedError where the input is something else.
 */
export function describeImageInput(input: Value, place: string): ImageInput {
  const [batch, a = 0, b = 0, c = 0] = input.shape;
  const channels = c === 3 ? 'last' : a === 3 ? 'first' : undefined;
  const types = ['float32', 'uint8', 'int8'];
  if (
    input.shape.length !== 4 ||
    batch !== 1 ||
    channels === undefined ||
    !types.includes(input.dtype)
  ) {
    throw new UnsupportedError({
      place: `${place}, input "${input.name}"`,
      problem: 'not an input for one RGB image',
      expected: 'float32, uint8 or int8 [1, H, W, 3] or [1, 3, H, W]',
      found: `${input.dtype}${formatShape(input.shape)}`,
      fix: 'this may be a model of another task',
    });
  }
  const [height, width] = channels === 'last' ? [a, b] : [b, c];
  return { width, height, channels, pixels: input.dtype === 'float32' ? 'float32' : 'uint8' };
}

/** Name of the input that takes pixels, [1, H, W, 3] with values from 0 to 255. */
export const pixelInputName = 'image';

/**
 * Adds an input for pixels to a graph and what turns them into the model's own input.
 *
 * A model of 8-bit numbers takes the pixels as they are (signed: less 128); their scale is its
 * normalisation.
 */
export function addPixelInput(
  builder: GraphBuilder,
  target: Value,
  { width, height, channels, pixels }: ImageInput,
  { mean, std }: Normalisation,
): Value {
  const image = builder.input(pixelInputName, pixels, [1, height, width, 3]);
  const transposed = (value: Value, perm: readonly number[], name: string): Value =>
    builder.add('Transpose', [value], { perm }, { name });
  if (target.dtype === 'float32') {
    // Normalised plane by plane: along a last axis of three, broadcasting takes ten times as long.
    // Where the model wants channels last, its own transpose to planes cancels the one back.
    const planes = transposed(image, [0, 3, 1, 2], 'planes');
    const perPlane = (values: readonly number[], name: string): Value =>
      builder.constant(tensor('float32', [3, 1, 1], Float32Array.from(values)), name);
    const centred = builder.add('Sub', [planes, perPlane(mean, 'mean')], {}, { name: 'centred' });
    const normalised = builder.add(
      'Div',
      [centred, perPlane(std, 'std')],
      {},
      { name: 'normalised' },
    );
    return channels === 'first' ? normalised : transposed(normalised, [0, 2, 3, 1], 'interleaved');
  }
  const stored = target.dtype === 'int8' ? signed(builder, image) : image;
  return channels === 'last' ? stored : transposed(stored, [0, 3, 1, 2], 'planes');
}

/** Bytes less 128, as models of signed numbers hold their pixels. */
function signed(builder: GraphBuilder, bytes: Value): Value {
  const wide = builder.add('Cast', [bytes], { to: onnxDtypes.int32 });
  const middle = builder.constant(tensor('int32', [], Int32Array.of(128)), 'middle');
  return builder.add('Cast', [builder.add('Sub', [wide, middle], {})], { to: onnxDtypes.int8 });
}
