import type { SegmentationOutput } from '../convert/segmentation/segmentation-graph.js';
import { OptionError } from '../core/errors.js';
import type { LabelMap, Size } from '../image/index.js';
import { labelMap } from './label-map/label-map.js';
import { probabilities } from './label-map/probabilities.js';
import { MeanProbabilities, type View } from './mean-probabilities.js';

/**
 * What a network gave for a picture, at the network's own resolution: small beside the picture's
 * probabilities, and plain data, which can be kept or sent elsewhere and read there.
 */
export interface PictureScores {
  /** The picture's size. */
  readonly picture: Size;
  readonly classes: number;
  /** One for each scale and flip. */
  readonly views: readonly View[];
}

/**
 * The output as scores.
 *
 * @param model What errors call the model.
 * @param purpose What needs the scores, in words.
 * @throws OptionError where the network gives class indices.
 */
export function requireScores(
  model: string,
  output: SegmentationOutput,
  purpose: string,
): Extract<SegmentationOutput, { kind: 'scores' }> {
  if (output.kind === 'scores') return output;
  throw new OptionError({
    place: model,
    problem: `the model gives class indices only, and ${purpose} needs the scores of the classes`,
    fix: 'use a model that gives scores',
  });
}

/** The class of every pixel of the picture: that of the highest mean over the views. */
export function labelsOfScores(scores: PictureScores): LabelMap {
  const [only] = scores.views;
  if (only === undefined || scores.views.length > 1 || only.mirrored)
    return meanOf(scores).labelMap();
  return labelMap(only.scores, only.x, only.y);
}

/**
 * The probability of every class at every pixel of the picture, the mean over the views: planar
 * float32 `[classes, height, width]`.
 */
export function probabilitiesOfScores(scores: PictureScores): Float32Array {
  const [only] = scores.views;
  if (only === undefined || scores.views.length > 1 || only.mirrored) {
    return meanOf(scores).probabilities();
  }
  return probabilities(only.scores, only.x, only.y, only.meaning);
}

function meanOf({ picture, classes, views }: PictureScores): MeanProbabilities {
  const mean = new MeanProbabilities(classes, picture);
  for (const view of views) mean.add(view);
  return mean;
}
