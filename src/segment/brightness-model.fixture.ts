import { float32, int64, type Shape } from '../core/tensor.js';
import { intAttribute, intsAttribute, writeOnnx } from '../formats/onnx/index.js';
import { model, node, value } from '../formats/onnx/model.fixture.js';
import { writeTflite } from '../formats/tflite/index.js';
import { onnxDtypes } from '../graph/onnx-dtype.js';
import type { RgbImage } from '../image/index.js';

/** A segmentation model whose answer is plain: class = round(brightness · (classes − 1)). */
export interface BrightnessModel {
  readonly classes: number;
  /** Sides that pictures are fitted to; left open in ONNX files unless told. */
  readonly width?: number;
  readonly height?: number;
}

/** Statistics by which files of each kind are normalised unless they say otherwise. */
const usual = {
  tflite: { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  onnx: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
};

/**
 * Weights and biases of a 1x1 convolution: score k = 2·k·s − k², largest where k = round(s), with
 * s = mean of red, green and blue, times (classes − 1) / 255.
 */
function convolution(classes: number, { mean, std }: (typeof usual)['onnx']) {
  const slope = (classes - 1) / (3 * 255);
  const middle = mean.reduce((sum, each) => sum + each, 0);
  const indices = Array.from({ length: classes }, (_, k) => k);
  return {
    weights: indices.flatMap((k) => std.map((each) => 2 * k * slope * each)),
    biases: indices.map((k) => 2 * k * slope * middle - k * k),
  };
}

/** The model as an ONNX file, [1, 3, H, W] to [1, classes, H, W]. */
export function brightnessOnnx(
  { classes, width, height }: BrightnessModel,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const { weights, biases } = convolution(classes, usual.onnx);
  const sides = [height ?? 'height', width ?? 'width'];
  return writeOnnx({
    ...model({
      nodes: [
        node('Conv', ['image', 'weights', 'biases'], ['scores'], {
          kernel_shape: intsAttribute([1, 1]),
        }),
      ],
      initializers: [
        { name: 'weights', tensor: float32([classes, 3, 1, 1], weights) },
        { name: 'biases', tensor: float32([classes], biases) },
      ],
      inputs: [value('image', 'float32', [1, 3, ...sides])],
      outputs: [value('scores', 'float32', [1, classes, ...sides])],
    }),
    metadata,
  });
}

/** A model that gives class indices instead of scores: brightness as a whole number, in [1, H, W]. */
export function brightnessIndices(): Uint8Array {
  const { mean, std } = usual.onnx;
  const sides = ['height', 'width'];
  return writeOnnx(
    model({
      nodes: [
        node('Conv', ['image', 'weights', 'middle'], ['brightness'], {
          kernel_shape: intsAttribute([1, 1]),
        }),
        node('Cast', ['brightness'], ['whole'], { to: intAttribute(onnxDtypes.int32) }),
        node('Squeeze', ['whole', 'channels'], ['labels']),
      ],
      initializers: [
        {
          name: 'weights',
          tensor: float32(
            [1, 3, 1, 1],
            std.map((each) => each / 3),
          ),
        },
        // Half a step up, so that rounding towards zero gives the nearest number.
        {
          name: 'middle',
          tensor: float32([1], [mean.reduce((sum, each) => sum + each / 3, 0.5)]),
        },
        { name: 'channels', tensor: int64([1]) },
      ],
      inputs: [value('image', 'float32', [1, 3, ...sides])],
      outputs: [value('labels', 'int32', [1, ...sides])],
    }),
  );
}

/** The model as a TFLite file, [1, height, width, 3] to [1, height, width, classes]. */
export function brightnessTflite({ classes, width = 8, height = 8 }: BrightnessModel): Uint8Array {
  const { weights, biases } = convolution(classes, usual.tflite);
  const real = (name: string, shape: Shape, values?: readonly number[]) => ({
    name,
    dtype: 'float32' as const,
    shape,
    isVariable: false,
    ...(values === undefined ? {} : { data: Float32Array.from(values) }),
  });
  return writeTflite({
    version: 3,
    description: 'brightness',
    metadata: new Map(),
    subgraphs: [
      {
        name: 'main',
        tensors: [
          real('image', [1, height, width, 3]),
          real('weights', [classes, 1, 1, 3], weights),
          real('biases', [classes], biases),
          real('scores', [1, height, width, classes]),
        ],
        inputs: [0],
        outputs: [3],
        operators: [
          {
            name: 'CONV_2D',
            version: 1,
            inputs: [0, 1, 2],
            outputs: [3],
            options: {
              padding: 'SAME',
              strideWidth: 1,
              strideHeight: 1,
              dilationWidth: 1,
              dilationHeight: 1,
              activation: 'NONE',
            },
          },
        ],
      },
    ],
  });
}

/** A grey picture, of a brightness from 0 to 255 at each pixel. */
export function greyPicture(
  width: number,
  height: number,
  brightness: (x: number, y: number) => number,
): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) data.fill(brightness(x, y), at, at + 3);
  }
  return { width, height, data };
}
