import { z } from 'zod';
import { FormatError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { readSafetensors, safetensorsParts } from '../formats/safetensors/index.js';
import type { DeepLabSettings } from '../models/deeplab.js';
import { outputStrides } from '../models/geometry.js';
import type { Weights } from '../models/parameters.js';

const channels = z.tuple([z.number(), z.number(), z.number()]);
const byte = z.number().int().min(0).max(255);

const networkSchema = z.strictObject({
  backbone: z.literal('mobilenet-v2'),
  depthMultiplier: z.number().positive(),
  classes: z.number().int().positive(),
  outputStride: z.literal(outputStrides),
  head: z.enum(['v3', 'v3+']),
  atrousRates: z.array(z.number().positive()),
});

const metadataSchema = z.object({
  version: z.literal(1),
  network: networkSchema,
  labels: z.array(z.string()).min(1),
  palette: z.array(z.tuple([byte, byte, byte])).optional(),
  background: z.number().int().min(0).optional(),
  ignoreValue: z.number().int().optional(),
  normalisation: z.object({ mean: channels, std: channels }),
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
 * Reads a checkpoint.
 *
 * @param place What errors call the file.
 * @throws FormatError where the file is damaged or no checkpoint of this project.
 */
export function decodeCheckpoint(bytes: Uint8Array, place: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, place);
  const text = metadata.get(metadataKey);
  if (text === undefined) {
    throw new FormatError({
      place,
      problem: `the file's metadata has no "${metadataKey}"`,
      expected: 'a checkpoint written by training',
      fix: 'weights alone do not tell which network they belong to',
    });
  }
  const parsed = metadataSchema.safeParse(parseJson(text, place));
  if (parsed.success) return { metadata: parsed.data, tensors };
  const [issue] = parsed.error.issues;
  throw new FormatError({
    place: `${place}, metadata "${metadataKey}"`,
    problem: `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'invalid'}`,
  });
}

/** Weights for inference: moving averages where training kept them, else the parameters. */
export function inferenceWeights({ tensors }: Checkpoint): Weights {
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
