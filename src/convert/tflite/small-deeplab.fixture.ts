import { seededRandom } from '../../core/random.js';
import type { Shape } from '../../core/tensor.js';
import type {
  OperatorOptions,
  TfliteModel,
  TfliteQuantization,
} from '../../formats/tflite/index.js';
import { FileBuilder } from './file-builder.fixture.js';
import { constant, fed, integers, type TriedInput } from './one-operator.fixture.js';
import { arrayOf, randomArray } from './plain-array.fixture.js';

/** Side of the square input of the small network. */
export const smallSide = 9;

const classes = 3;

/** The fields of a window that all convolutions of the network share but for what they change. */
function windowOf(changed: Partial<OperatorOptions['CONV_2D']> = {}): OperatorOptions['CONV_2D'] {
  const steps = { strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 };
  return { padding: 'SAME', activation: 'RELU6', ...steps, ...changed };
}

/**
 * A network in the manner of DeepLab in a few kilobytes: inverted residual, atrous convolution by
 * space-to-batch, image pooling, concatenation, resize to the input and argmax; in real or in 8-bit
 * numbers.
 */
export function smallDeeplab(numbers: 'float32' | 'uint8'): TfliteModel {
  const random = seededRandom(9);
  const file = new FileBuilder();
  const stored = numbers === 'uint8';
  const step: TfliteQuantization = { scale: [6 / 255], zeroPoint: [0], axis: 0 };
  const weightStep: TfliteQuantization = { scale: [1 / 128], zeroPoint: [128], axis: 0 };
  const biasStep: TfliteQuantization = { scale: [6 / 255 / 128], zeroPoint: [0], axis: 0 };

  const weights = (name: string, shape: Shape): number => {
    const bytes = arrayOf(shape, () => random.integer(0, 255));
    const input: TriedInput = stored
      ? { ...constant(bytes, 'uint8'), quantization: weightStep }
      : constant(randomArray(random, shape));
    return file.given(`${name}/weights`, input);
  };
  const bias = (name: string, size: number): number => {
    const steps = arrayOf([size], () => random.integer(-99, 99));
    const input: TriedInput = stored
      ? { ...constant(steps, 'int32'), quantization: biasStep }
      : constant(randomArray(random, [size]));
    return file.given(`${name}/bias`, input);
  };
  const value = (name: string, shape: Shape): number =>
    stored ? file.computed(name, shape, 'uint8', step) : file.computed(name, shape);

  const image = arrayOf([1, smallSide, smallSide, 3], () => 0);
  const input = stored
    ? { ...fed(image, 'uint8'), quantization: { scale: [1 / 128], zeroPoint: [128], axis: 0 } }
    : fed(image);
  const x = file.given('ImageTensor', input);
  const stem = file.add(
    'CONV_2D',
    windowOf({ strideHeight: 2, strideWidth: 2 }),
    [x, weights('stem', [4, 3, 3, 3]), bias('stem', 4)],
    value('stem', [1, 5, 5, 4]),
  );
  const deep = file.add(
    'DEPTHWISE_CONV_2D',
    { ...windowOf(), depthMultiplier: 1 },
    [stem, weights('depthwise', [1, 3, 3, 4]), bias('depthwise', 4)],
    value('depthwise', [1, 5, 5, 4]),
  );
  const sum = file.add(
    'ADD',
    { activation: 'NONE' },
    [stem, deep],
    value('residual', [1, 5, 5, 4]),
  );

  const block = file.given('block', integers(2, 2));
  const sides = (name: string, list: readonly number[]) =>
    file.given(name, constant({ shape: [2, 2], numbers: list }, 'int32'));
  const dealt = file.add(
    'SPACE_TO_BATCH_ND',
    {},
    [sum, block, sides('pads', [2, 3, 2, 3])],
    value('dealt', [4, 5, 5, 4]),
  );
  const inner = file.add(
    'DEPTHWISE_CONV_2D',
    { ...windowOf({ padding: 'VALID' }), depthMultiplier: 1 },
    [dealt, weights('atrous', [1, 3, 3, 4]), bias('atrous', 4)],
    value('inner', [4, 3, 3, 4]),
  );
  const atrous = file.add(
    'BATCH_TO_SPACE_ND',
    {},
    [inner, block, sides('crops', [0, 1, 0, 1])],
    value('atrous', [1, 5, 5, 4]),
  );

  const pooled = file.add(
    'AVERAGE_POOL_2D',
    { ...windowOf({ padding: 'VALID', activation: 'NONE' }), filterHeight: 5, filterWidth: 5 },
    [atrous],
    value('pooled', [1, 1, 1, 4]),
  );
  const sampling = { alignCorners: true, halfPixelCenters: false };
  const spread = file.add(
    'RESIZE_BILINEAR',
    sampling,
    [pooled, file.given('feature size', integers(5, 5))],
    value('spread', [1, 5, 5, 4]),
  );
  const joined = file.add(
    'CONCATENATION',
    { axis: 3, activation: 'NONE' },
    [atrous, spread],
    value('joined', [1, 5, 5, 8]),
  );
  const logits = file.add(
    'CONV_2D',
    windowOf({ activation: 'NONE' }),
    [joined, weights('logits', [classes, 1, 1, 8]), bias('logits', classes)],
    value('logits', [1, 5, 5, classes]),
  );
  const resized = file.add(
    'RESIZE_BILINEAR',
    sampling,
    [logits, file.given('size', integers(smallSide, smallSide))],
    value('resized', [1, smallSide, smallSide, classes]),
  );
  const labels = file.add(
    'ARG_MAX',
    { outputType: 'int64' },
    [resized, file.given('axis', constant({ shape: [], numbers: [3] }, 'int32'))],
    file.computed('SemanticPredictions', [1, smallSide, smallSide], 'int64'),
  );
  return file.build(labels);
}
