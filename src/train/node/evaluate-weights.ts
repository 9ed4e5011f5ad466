import type { Normalisation } from '../../convert/segmentation/image-input.js';
import { OptionError } from '../../core/errors.js';
import type { DatasetSource, Sample } from '../../data/index.js';
import { Evaluation, type EvaluationReport } from '../../evaluate/index.js';
import type { LabelMap, RgbImage } from '../../image/index.js';
import type { DeepLabSettings } from '../../models/deeplab.js';
import type { Weights } from '../../models/parameters.js';
import type { Runtime, SessionOptions } from '../../runtime/index.js';
import { BaseSegmenter } from '../../segment/segmenter.js';
import { comparisonPicture } from '../comparison-picture.js';
import type { TrainConfig } from '../config/config.js';
import { trainedModel } from '../trained-model.js';

/** The network of a run at some step. */
export interface EvaluatedNetwork {
  readonly network: DeepLabSettings;
  readonly weights: Weights;
  readonly normalisation: Normalisation;
}

/** Where and how an evaluation within a run computes. */
export interface WeightsEvaluationOptions {
  readonly config: TrainConfig;
  readonly runtime: Runtime;
  readonly session: SessionOptions;
  /** Stops it. */
  readonly signal?: AbortSignal;
  /** Called after each picture. */
  readonly step?: (done: number, images: number) => void;
}

export interface WeightsEvaluation {
  readonly report: EvaluationReport;
  /** Picture, truth and prediction of the first samples, by sample name. */
  readonly pictures: ReadonlyMap<string, RgbImage>;
}

/**
 * Evaluates weights on a split as `atrous eval` does: each picture through the segmenter, its label
 * map at the picture's own size against the truth.
 *
 * @throws what reading a sample throws, and the signal's reason on a stop.
 */
export async function evaluateWeights(
  source: DatasetSource,
  { network, weights, normalisation }: EvaluatedNetwork,
  options: WeightsEvaluationOptions,
): Promise<WeightsEvaluation> {
  const { config, runtime, session, signal } = options;
  const { size = config.crop, fit, limit = source.size, pictures: shown } = config.evaluation;
  const file = trainedModel(network, weights, source, normalisation);
  const segmenter = new BaseSegmenter<RgbImage>(
    { file, sidecar: undefined, runtime },
    async (image) => image,
    { ...session, size, fit },
  );
  const evaluation = new Evaluation(source);
  const pictures = new Map<string, RgbImage>();
  const images = Math.min(limit, source.size);
  let done = 0;
  try {
    for await (const { id, image, label } of samplesAhead(source, images)) {
      signal?.throwIfAborted();
      const { labelMap, width, height } = await segmenter.segment(image);
      const prediction: LabelMap = { width, height, data: labelMap };
      evaluation.add(label, prediction);
      const { palette } = source;
      if (pictures.size < shown) {
        pictures.set(id, comparisonPicture(image, label, prediction, palette));
      }
      options.step?.(++done, images);
    }
    return { report: evaluation.report(), pictures };
  } finally {
    await segmenter.dispose();
  }
}

/** Samples in their order, the next one read while one is worked on. */
async function* samplesAhead(
  source: DatasetSource,
  count: number,
): AsyncGenerator<Required<Sample>> {
  const read = (index: number): Promise<Sample> | undefined => {
    const sample = index < count ? source.read(index) : undefined;
    // Its failure is reported when it is asked for.
    sample?.catch(() => undefined);
    return sample;
  };
  let next = read(0);
  for (let index = 0; next !== undefined; index++) {
    const { id, image, label } = await next;
    next = read(index + 1);
    if (label === undefined) {
      throw new OptionError({
        place: `${source.name} ${source.split}`,
        problem: 'this split has no labels to evaluate on',
        fix: 'set evaluation.split to one that has, or evaluation.every to 0',
      });
    }
    yield { id, image, label };
  }
}
