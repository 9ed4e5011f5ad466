import type { Normalisation } from '../convert/segmentation/image-input.js';
import { OptionError } from '../core/errors.js';
import type { DatasetClasses } from '../data/index.js';
import { backbones } from '../models/backbones/index.js';
import type { TrainConfig } from './config/config.js';
import type { LossSettings } from './losses/index.js';
import type { StepSettings } from './step-graph/index.js';

/**
 * What the graph of a run's step is built from: the configuration, and the data set's classes.
 *
 * @param batch samples that go through the graph at once: a batch, or one of its parts.
 * @throws OptionError where configuration and classes do not go together.
 */
export function stepSettings(
  config: TrainConfig,
  { labels, ignoreValue }: Pick<DatasetClasses, 'labels' | 'ignoreValue'>,
  batch: number,
): StepSettings & { readonly normalisation: Normalisation } {
  checkLabelBytes(labels.length, ignoreValue);
  for (const [index, loss] of config.losses.entries()) checkWeights(loss, index, labels.length);
  const { crop, network, losses, auxiliary, optimizer, clipNorm, averageDecay } = config;
  return {
    network: { ...network, classes: labels.length },
    batch,
    height: crop.height,
    width: crop.width,
    ignoreValue,
    normalisation: backbones[network.backbone].pixels,
    losses,
    optimizer,
    weightDecay: config.weightDecay,
    rateFactors: config.learningRate.factors,
    lastLayerMultiplier: config.lastLayerMultiplier,
    biasMultiplier: config.biasMultiplier,
    batchNorm: config.batchNorm,
    dropout: config.dropout,
    ...(auxiliary === undefined ? {} : { auxiliary }),
    ...(clipNorm === undefined ? {} : { clipNorm }),
    ...(averageDecay === undefined ? {} : { averageDecay }),
  };
}

/** Labels go to the graph as bytes. */
function checkLabelBytes(classes: number, ignoreValue: number): void {
  if (classes <= 256 && ignoreValue <= 255) return;
  throw new OptionError({
    place: 'data set',
    problem: 'its label values do not fit 8 bits',
    expected: 'at most 256 classes and an ignore value up to 255',
    found: `${classes} classes, ignore value ${ignoreValue}`,
  });
}

function checkWeights(loss: LossSettings, index: number, classes: number): void {
  const weights = 'classWeights' in loss ? loss.classWeights : undefined;
  if (weights === undefined || weights.length === classes) return;
  throw new OptionError({
    place: `losses.${index}.classWeights`,
    problem: 'not one weight for each class',
    expected: `${classes} numbers`,
    found: `${weights.length}`,
  });
}
