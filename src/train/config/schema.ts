import { z } from 'zod';
import { outputStrides } from '../../models/geometry.js';
import { decoderChoices, lastLayerChoices } from '../../weights/initial-weights.js';
import { distilledPixels } from '../losses/distillation.js';
import { augmentation, dataset, sampleChoice, sizeOrSide } from './data-config.js';
import { learningRate, loss, optimizer } from './learning-config.js';
import { networkConfig, usualNetwork } from './network-config.js';
import { channels, count, interval, notNegative, path, positive } from './value-ranges.js';

const devices = ['cpu', 'cuda', 'tensorrt', 'coreml', 'dml', 'webgpu'] as const;

const auxiliary = z.strictObject({
  weight: positive.default(0.4).describe('Factor on its losses, which are those of the network.'),
  filters: channels
    .exactOptional()
    .describe("Channels of its convolution; a quarter of the features' unless set."),
});

const distillation = z.strictObject({
  file: path.describe('Checkpoint, or TFLite file of this backbone with head v3 without rates.'),
  outputStride: z
    .literal(outputStrides)
    .exactOptional()
    .describe("The teacher's; a smaller one than its own makes a better teacher."),
  weight: positive.default(1).describe('Factor in the sum of losses.'),
  temperature: positive
    .default(1)
    .describe("Divides both networks' scores: above 1, lesser classes count more."),
  pixels: z
    .enum(distilledPixels)
    .default('all')
    .describe('Those that count; agreeing: unlabelled ones, and where teacher and label agree.'),
});

const initial = z.strictObject({
  file: path
    .exactOptional()
    .describe('Checkpoint, or TFLite file of the same network; random values unless set.'),
  lastLayers: z
    .enum(lastLayerChoices)
    .default('all')
    .describe(
      'Layers taken: all but those named, for other classes, a file with no decoder, another head.',
    ),
  classes: z
    .array(z.string())
    .min(1)
    .exactOptional()
    .describe("The file's class that each class starts from, by name; the same ones unless set."),
  decoder: z
    .enum(decoderChoices)
    .default('random')
    .describe('pass-through: changes nothing at first, for a file without a decoder.'),
  measuredBatches: interval
    .default(16)
    .describe('Batches that batch norm is measured on where the file has it folded.'),
});

const evaluation = z.strictObject({
  every: interval.default(1000).describe('Steps between evaluations, one at the end too; 0: none.'),
  split: z.string().min(1).default('val').describe('The split that is evaluated on.'),
  ...sampleChoice,
  limit: count.exactOptional().describe('The first so many pictures only.'),
  size: sizeOrSide
    .exactOptional()
    .describe("Input size, one number for a square; the crop's unless set."),
  fit: z.enum(['pad', 'stretch']).default('pad').describe('How pictures are brought to the size.'),
  pictures: interval.default(3).describe('Predictions shown in TensorBoard.'),
});

/**
 * A training run as plain data. The defaults are those of DeepLab's release where it has the
 * setting, with intervals in steps instead of seconds.
 */
export const configSchema = z.strictObject({
  dataset: dataset.describe('What is trained on.'),
  output: path.describe('Folder of checkpoints, log and event files.'),
  network: networkConfig
    .prefault(usualNetwork)
    .describe('Its name, or settings of it; what is left out goes with backbone and head.'),
  crop: sizeOrSide
    .prefault(513)
    .describe('Size of what the network sees, one number for a square: k x output stride + 1.'),
  batchSize: count.max(65_536).default(8).describe('Pictures of a step.'),
  microBatches: count
    .default(1)
    .describe('Parts that a batch is worked off in, to save memory; a divisor of batchSize.'),
  steps: count.max(100_000_000).default(30_000).describe('Steps of the run.'),
  optimizer: optimizer.prefault({ kind: 'sgd' }).describe('How gradients move the parameters.'),
  learningRate: learningRate.prefault({}).describe('How far a step goes.'),
  losses: z
    .array(loss)
    .min(1)
    .prefault([{ kind: 'cross-entropy' }])
    .describe('What is made small; several are added up.'),
  auxiliary: auxiliary
    .exactOptional()
    .describe("A second head on features before the backbone's last stage, in training only."),
  distillation: distillation
    .exactOptional()
    .describe('A trained network with the same classes, learned from besides the labels.'),
  weightDecay: notNegative
    .default(4e-5)
    .describe('L2 penalty on convolution weights; not on depthwise ones, batch norm, biases.'),
  lastLayerMultiplier: notNegative
    .default(1)
    .describe('Factor on the gradients of the layers behind the backbone.'),
  biasMultiplier: notNegative.default(2).describe('Factor on the gradients of biases.'),
  clipNorm: positive
    .exactOptional()
    .describe('Largest norm of all gradients together; longer ones are scaled down to it.'),
  batchNorm: z
    .enum(['batch', 'frozen'])
    .default('batch')
    .describe('By each batch, whose statistics it follows, or by those there are (frozen).'),
  dropout: z
    .boolean()
    .default(true)
    .describe("Whether a tenth of the head's activations is dropped, others at each step."),
  averageDecay: z
    .number()
    .gt(0)
    .lt(1)
    .exactOptional()
    .describe('Keeps moving averages of all parameters, which are evaluated and exported.'),
  augmentation: augmentation.prefault({}).describe('How training pictures are varied.'),
  seed: z
    .number()
    .int()
    .default(0)
    .describe("Everything random comes from it and from the step's number."),
  initial: initial.prefault({}).describe('What the network starts from.'),
  evaluation: evaluation.prefault({}).describe('How often and on what the network is scored.'),
  checkpointEvery: count
    .default(500)
    .describe('Steps between checkpoints; there is one at the end and at a stop too.'),
  summaryEvery: interval
    .default(10)
    .describe("Steps between entries of TensorBoard's curves; 0 writes no event files."),
  device: z.enum(devices).default('cpu').describe('Where the network runs.'),
  threads: z
    .number()
    .int()
    .min(0)
    .max(1024)
    .default(0)
    .describe('Threads of the network; 0 leaves the number to ONNX Runtime.'),
});
