import type { z } from 'zod';
import { OptionError } from '../../core/errors.js';
import { backbones } from '../../models/backbones/index.js';
import { configError } from './config-error.js';
import { configSchema } from './schema.js';

type Parsed = z.output<typeof configSchema>;

/** A training run with all defaults filled in. */
export type TrainConfig = Omit<Parsed, 'learningRate' | 'augmentation'> & {
  readonly learningRate: Parsed['learningRate'] & { readonly base: number };
  readonly augmentation: Parsed['augmentation'] & {
    readonly padColour: [number, number, number];
  };
};

/** A training run as it is written down: what is left out takes its default. */
export type TrainConfigInput = z.input<typeof configSchema>;

/** Base learning rates where none is given: the release's for momentum and for Adam. */
const baseRates = { sgd: 1e-4, adam: 1e-3, adamw: 1e-3 } as const;

/**
 * Checks a configuration and fills in its defaults; a complete one comes out as it went in.
 *
 * @param place What errors call the configuration.
 * @throws FormatError naming the first key that is unknown, with the nearest known one, or whose
 *   value cannot be; OptionError for values that do not go together.
 */
export function parseConfig(value: unknown, place: string): TrainConfig {
  const result = configSchema.safeParse(value);
  if (!result.success) throw configError(configSchema, result.error.issues, value, place);
  const { learningRate, augmentation, ...rest } = result.data;
  const base = learningRate.base ?? baseRates[rest.optimizer.kind];
  const [red, green, blue] = backbones[rest.network.backbone].pixels.mean;
  const config: TrainConfig = {
    ...rest,
    learningRate: { ...learningRate, base },
    augmentation: { ...augmentation, padColour: augmentation.padColour ?? [red, green, blue] },
  };
  checkTogether(config, place);
  return config;
}

function checkTogether(config: TrainConfig, place: string): void {
  const { batchSize, microBatches, losses, learningRate, steps, initial, augmentation } = config;
  if (batchSize % microBatches !== 0) {
    throw new OptionError({
      place: `${place}, microBatches`,
      problem: 'a batch is not a whole number of them',
      expected: `a divisor of batchSize ${batchSize}`,
      found: `${microBatches}`,
    });
  }
  if (losses.filter((loss) => 'hardPixels' in loss).length > 1) {
    throw new OptionError({
      place: `${place}, losses`,
      problem: 'hard pixels can be chosen by one loss only',
    });
  }
  if (initial.decoder === 'pass-through') checkPassThrough(config, place);
  if (initial.classes !== undefined) checkClassesOfFile(config, place);
  if (augmentation.minScale > augmentation.maxScale) {
    throw new OptionError({
      place: `${place}, augmentation.minScale`,
      problem: 'larger than augmentation.maxScale',
      expected: `at most ${augmentation.maxScale}`,
      found: `${augmentation.minScale}`,
    });
  }
  if (learningRate.slowStart.steps >= steps) {
    throw new OptionError({
      place: `${place}, learningRate.slowStart.steps`,
      problem: 'the slow start would never end',
      expected: `fewer than the ${steps} steps of the run`,
      found: `${learningRate.slowStart.steps}`,
    });
  }
}

function checkPassThrough({ initial, network }: TrainConfig, place: string): void {
  const wrong =
    network.head !== 'v3+'
      ? `network.head '${network.head}', which has no decoder`
      : initial.file === undefined
        ? 'no initial.file'
        : initial.lastLayers !== 'all'
          ? `initial.lastLayers '${initial.lastLayers}'`
          : undefined;
  if (wrong === undefined) return;
  throw new OptionError({
    place: `${place}, initial.decoder`,
    problem: 'nothing that a decoder could pass through',
    expected:
      "network.head 'v3+', initial.file of a network without decoder, initial.lastLayers 'all'",
    found: wrong,
  });
}

function checkClassesOfFile({ initial }: TrainConfig, place: string): void {
  if (initial.file !== undefined && initial.lastLayers === 'all') return;
  const [expected, found] =
    initial.file === undefined
      ? ['initial.file', 'none']
      : ["initial.lastLayers 'all'", `'${initial.lastLayers}'`];
  throw new OptionError({
    place: `${place}, initial.classes`,
    problem: 'no class starts from a file',
    expected,
    found,
  });
}
