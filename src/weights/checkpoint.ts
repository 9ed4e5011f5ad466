import { z } from 'zod';
import { FormatError } from '../core/errors.js';
import { float32, type Tensor, toNumbers } from '../core/tensor.js';
import { readSafetensors, safetensorsParts } from '../formats/safetensors/index.js';
import type { DeepLabSettings } from '../models/deeplab.js';
import type { Weights } from '../models/parameters.js';
import { networkSchema } from './network-schema.js';
import { type TorchvisionNetwork, torchvisionNetwork } from './torchvision/state-dict.js';

const channels = z.tuple([z.number(), z.number(), z.number()]);
const positive = z.number().positive();
const byte = z.number().int().min(0).max(255);
const metadataSchema = z.object({
  version: z.literal(1),
  network: networkSchema,
  labels: z.array(z.string()).min(1),
  palette: z.array(z.tuple([byte, byte, byte])).optional(),
  background: z.number().int().min(0).optional(),
  ignoreValue: z.number().int().optional(),
  normalisation: z.object({ mean: channels, std: z.tuple([positive, positive, positive]) }),
  /** [width, height] of the pictures that the network was trained on. */
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]).optional(),
  step: z.number().int().min(0),
  /** The whole training configuration, as it was given with all defaults. */
  config: z.unknown(),
});

/** What a checkpoint says of itself beyond its tensors. */
export type CheckpointMetadata = z.infer<typeof metadataSchema> & {
  readonly network: DeepLabSettings;
};

/** A trained network: one file that training goes on from and inference opens. */
export interface Checkpoint {
  readonly metadata: CheckpointMetadata;
  /** Parameters, statistics, and what the optimizer keeps, by TensorFlow's variable names. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Key of the safetensors metadata that holds it as JSON. */
const metadataKey = 'atrous';

/** Suffix of the moving average of a parameter, as TensorFlow calls it. */
const averageSuffix = '/ExponentialMovingAverage';

/** The bytes of a checkpoint file, in parts to be written one after the other. */
export function encodeCheckpoint({ metadata, tensors }: Checkpoint): readonly Uint8Array[] {
  const texts = new Map([[metadataKey, JSON.stringify(metadata)]]);
  return safetensorsParts({ tensors, metadata: texts });
}

/**
 * Reads a checkpoint, or a state dict of torchvision's as one (`torchvisionNetwork`).
 *
 * @param place What errors call the file.
 * @throws FormatError where the file is damaged or no checkpoint of this project.
 */
export function decodeCheckpoint(bytes: Uint8Array, place: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, place);
  const text = metadata.get(metadataKey);
  if (text === undefined) {
    const foreign = torchvisionNetwork(tensors, place);
    if (foreign !== undefined) return foreignCheckpoint(foreign);
    throw new FormatError({
      place,
      problem: `the file's metadata has no "${metadataKey}"`,
      expected: "a checkpoint written by training, or a state dict of torchvision's networks",
      fix: 'weights alone do not tell which network they belong to',
    });
  }
  const parsed = metadataSchema.safeParse(parseJson(text, place));
  if (parsed.success) {
    checkLabels(parsed.data, place);
    return { metadata: parsed.data, tensors: widened(tensors) };
  }
  const [issue] = parsed.error.issues;
  throw new FormatError({
    place: `${place}, metadata "${metadataKey}"`,
    problem: `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'invalid'}`,
  });
}

/** A network whose file tells nothing beside its weights. */
function foreignCheckpoint(foreign: TorchvisionNetwork): Checkpoint {
  const { network, labels, normalisation, tensors } = foreign;
  const { mean, std } = normalisation;
  return {
    metadata: {
      version: 1,
      network: { ...network, atrousRates: [...network.atrousRates] },
      labels: [...labels],
      normalisation: { mean: [...mean], std: [...std] },
      step: 0,
      config: {},
    },
    tensors: widened(tensors),
  };
}

/** Half-precision tensors, of files that are to be small, as float32. */
function widened(tensors: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  const wide = ([name, value]: readonly [string, Tensor]) =>
    [name, value.dtype === 'float16' ? float32(value.shape, toNumbers(value)) : value] as const;
  return new Map([...tensors].map(wide));
}

/**
 * Whether bytes begin like a safetensors file, the container of checkpoints: with the length of a
 * JSON object in 64 bits, then that object. No header takes 4 GiB.
 */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes.subarray(4, 8).every((byte) => byte === 0);
}

function checkLabels({ labels, network: { classes } }: CheckpointMetadata, place: string): void {
  if (labels.length === classes) return;
  throw new FormatError({
    place: `${place}, metadata "${metadataKey}"`,
    problem: 'the class names do not fit the network',
    expected: `${classes} names`,
    found: `${labels.length}`,
  });
}

/**
 * Weights for inference: moving averages where training kept them, else the parameters; statistics
 * have no averages, they are ones.
 */
export function inferenceWeights({ tensors }: Pick<Checkpoint, 'tensors'>): Weights {
  const weights = new Map(tensors);
  for (const [name, value] of tensors) {
    if (!name.endsWith(averageSuffix)) continue;
    weights.set(name.slice(0, -averageSuffix.length), value);
    weights.delete(name);
  }
  return weights;
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError({ place, problem: `metadata "${metadataKey}" is not JSON`, cause });
  }
}
