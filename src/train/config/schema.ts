import { z } from 'zod';
import { augmentDefaults } from '../../data/index.js';
import { outputStrides } from '../../models/geometry.js';
import { decoderChoices, lastLayerChoices } from '../../weights/initial-weights.js';
import { distilledPixels } from '../losses/distillation.js';
import { networkConfig } from './network-config.js';

const path = z.string().min(1);
const positive = z.number().positive();
const share = z.number().min(0).max(1);
const count = z.number().int().min(1);
const interval = z.number().int().min(0);
const side = z.number().int().min(1).max(16_384);
const size = z.strictObject({ width: side, height: side });
/** A size; one number is a square. */
const sizeOrSide = z.preprocess(
  (value) => (typeof value === 'number' ? { width: value, height: value } : value),
  size,
);
const devices = ['cpu', 'cuda', 'tensorrt', 'coreml', 'dml', 'webgpu'] as const;
const formats = ['folder', 'voc', 'cityscapes', 'ade20k', 'camvid', 'tfrecord'] as const;

const patterns = z.array(z.string().min(1)).min(1).exactOptional();
/** Samples by name, with * for any characters, for parts of a split that are held out. */
const sampleChoice = { include: patterns, exclude: patterns };

const dataset = z.strictObject({
  /** Folder of the data set, as `openDataset` takes it. */
  path,
  /** Layout of the folder; recognised where it is left out. */
  format: z.enum(formats).exactOptional(),
  /** Classes of TFRecord shards without a dataset.json. */
  labelSet: z.string().exactOptional(),
  /** The split that is trained on. */
  split: z.string().min(1).default('train'),
  ...sampleChoice,
  /** Threads that decode and augment. */
  workers: z.number().int().min(0).max(256).default(1),
  /** Bytes of decoded pictures kept in memory. */
  cacheBytes: interval.default(2 ** 28),
});

const adam = {
  beta1: share.default(0.9),
  beta2: share.default(0.999),
  epsilon: positive.default(1e-8),
};

const optimizer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sgd'),
    momentum: share.default(0.9),
    nesterov: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal('adam'), ...adam }),
  z.strictObject({ kind: z.literal('adamw'), ...adam }),
]);

const end = z.number().min(0).default(0);
const factor = positive.default(0.1);

const schedule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('poly'), power: positive.default(0.9), end }),
  z.strictObject({ kind: z.literal('step'), every: count.default(2000), factor }),
  z.strictObject({ kind: z.literal('multi-step'), at: z.array(count).min(1), factor }),
  z.strictObject({ kind: z.literal('cosine'), end }),
  z.strictObject({ kind: z.literal('constant') }),
]);

const rateFactor = z.number().min(0).default(1);

const learningRate = z.strictObject({
  /** 1e-4 for SGD and 1e-3 for Adam where it is left out. */
  base: positive.exactOptional(),
  schedule: schedule.prefault({ kind: 'poly' }),
  /** Factors by part of the network; one with 0 stays as it is, batch norm's statistics too. */
  factors: z
    .strictObject({
      backbone: rateFactor,
      head: rateFactor,
      decoder: rateFactor,
      logits: rateFactor,
    })
    .refine((factors) => Object.values(factors).some((each) => each > 0), 'expected one above 0')
    .prefault({}),
  slowStart: z
    .strictObject({
      steps: interval.default(0),
      rate: positive.default(1e-4),
      kind: z.enum(['constant', 'linear']).default('constant'),
    })
    .prefault({}),
});

const weight = positive.default(1);
const classWeights = z.array(z.number().min(0)).min(1).exactOptional();

const loss = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cross-entropy'),
    weight,
    /** One factor for each class. */
    classWeights,
    labelSmoothing: share.default(0),
    /** Only this share of the pixels counts, those with the largest losses. */
    hardPixels: z
      .strictObject({ share: share.gt(0), rampSteps: interval.default(0) })
      .exactOptional(),
  }),
  z.strictObject({ kind: z.literal('dice'), weight, smooth: z.number().min(0).default(1) }),
  z.strictObject({
    kind: z.literal('focal'),
    weight,
    gamma: z.number().min(0).default(2),
    classWeights,
  }),
  z.strictObject({ kind: z.literal('lovasz'), weight }),
]);

/** A second head, on the features before the backbone's last stage; in training only. */
const distillation = z.strictObject({
  /**
   * A checkpoint, or a TFLite file, which is taken for the configured backbone with the head of v3
   * and no atrous rates.
   */
  file: path,
  /** The teacher's output stride: a smaller one than its own makes a better teacher. */
  outputStride: z.literal(outputStrides).exactOptional(),
  weight,
  temperature: positive.default(1),
  /** Pixels that count: all, those without a label, or those and where teacher and label agree. */
  pixels: z.enum(distilledPixels).default('all'),
});

const auxiliary = z.strictObject({
  /** Factor on its losses, which are those of the network. */
  weight: positive.default(0.4),
  /** Channels of its convolution; a quarter of the features' where it is left out. */
  filters: count.max(4096).exactOptional(),
});

/** The ranges are those of `AugmentOptions`, which are checked when the batches are opened. */
const augmentation = z.strictObject({
  resize: z
    .strictObject({
      min: side,
      max: side.exactOptional(),
      factor: side.exactOptional(),
      keepAspect: z.boolean().default(true),
    })
    .exactOptional(),
  minScale: z.number().default(augmentDefaults.minScale),
  maxScale: z.number().default(augmentDefaults.maxScale),
  scaleStep: z.number().default(augmentDefaults.scaleStep),
  flip: z.number().default(augmentDefaults.flip),
  /** The mean colour of the backbone's pictures where it is left out. */
  padColour: z.tuple([z.number(), z.number(), z.number()]).exactOptional(),
  brightness: z.number().default(augmentDefaults.brightness),
  contrast: z.number().default(augmentDefaults.contrast),
  saturation: z.number().default(augmentDefaults.saturation),
  hue: z.number().default(augmentDefaults.hue),
  blur: z.number().default(augmentDefaults.blur),
  blurSigma: z.number().default(augmentDefaults.blurSigma),
});

const initial = z.strictObject({
  /** A checkpoint, or a TFLite file of the same network; random values where it is left out. */
  file: path.exactOptional(),
  /**
   * Which layers of the file are taken: `all` of them; `without-logits`, for another set of classes
   * (the class scores alone start anew); `without-head`, for another task (everything behind the
   * backbone starts anew).
   */
  lastLayers: z.enum(lastLayerChoices).default('all'),
  /**
   * How the decoder starts: as `lastLayers` says, or so that at first it changes nothing, for a
   * file of the same network without a decoder (`pass-through`).
   */
  decoder: z.enum(decoderChoices).default('random'),
  /** Batches that batch norm is measured on anew where the file has it folded into the weights. */
  measuredBatches: interval.default(16),
});

const evaluation = z.strictObject({
  /** Steps between evaluations; 0 for none. There is one after the last step besides. */
  every: interval.default(1000),
  split: z.string().min(1).default('val'),
  ...sampleChoice,
  /** The first so many pictures only. */
  limit: count.exactOptional(),
  /** Input size; the crop's where it is left out. */
  size: sizeOrSide.exactOptional(),
  fit: z.enum(['pad', 'stretch']).default('pad'),
  /** Predictions shown in TensorBoard. */
  pictures: interval.default(3),
});

/**
 * A training run as plain data. The defaults are those of DeepLab's release where it has the
 * setting, with intervals in steps instead of seconds.
 */
export const configSchema = z.strictObject({
  dataset,
  /** Folder of checkpoints, log and event files. */
  output: path,
  network: networkConfig.prefault({}),
  /** Size of what the network sees; DeepLab wants sides of k x output stride + 1. */
  crop: sizeOrSide.prefault(513),
  batchSize: count.max(65_536).default(8),
  /** Parts that a batch is worked off in, one after the other, to save memory. */
  microBatches: count.default(1),
  steps: count.max(100_000_000).default(30_000),
  optimizer: optimizer.prefault({ kind: 'sgd' }),
  learningRate: learningRate.prefault({}),
  losses: z
    .array(loss)
    .min(1)
    .prefault([{ kind: 'cross-entropy' }]),
  /** An auxiliary loss, that deep layers learn from nearer by; none where it is left out. */
  auxiliary: auxiliary.exactOptional(),
  /** A trained network with the same classes, that this one learns from besides the labels. */
  distillation: distillation.exactOptional(),
  /** L2 penalty on convolution weights; not on depthwise ones, batch norm and biases. */
  weightDecay: z.number().min(0).default(4e-5),
  /** Factor on the gradients of the layers behind the backbone. */
  lastLayerMultiplier: z.number().min(0).default(1),
  /** Factor on the gradients of biases. */
  biasMultiplier: z.number().min(0).default(2),
  /** Largest norm of all gradients together; longer ones are scaled down to it. */
  clipNorm: positive.exactOptional(),
  /** `batch` normalises by each batch and follows its statistics; `frozen` uses those there are. */
  batchNorm: z.enum(['batch', 'frozen']).default('batch'),
  /** Whether a tenth of the head's activations is dropped in training, others at each step. */
  dropout: z.boolean().default(true),
  /** Keeps a moving average of all parameters, which is what is evaluated and exported. */
  averageDecay: z.number().gt(0).lt(1).exactOptional(),
  augmentation: augmentation.prefault({}),
  /** Everything random comes from it and from the step's number. */
  seed: z.number().int().default(0),
  initial: initial.prefault({}),
  evaluation: evaluation.prefault({}),
  /** Steps between checkpoints; there is one after the last step and when the run is stopped. */
  checkpointEvery: count.default(500),
  /** Steps between entries of TensorBoard's curves; 0 writes no event files. */
  summaryEvery: interval.default(10),
  device: z.enum(devices).default('cpu'),
  /** Threads of the network; 0 leaves the number to ONNX Runtime. */
  threads: z.number().int().min(0).max(1024).default(0),
});
