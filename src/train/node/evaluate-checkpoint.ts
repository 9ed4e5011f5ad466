import { OptionError } from '../../core/errors.js';
import type { DatasetSource, Sample } from '../../data/index.js';
import { Evaluation, type EvaluationReport } from '../../evaluate/index.js';
import type { LabelMap, RgbImage } from '../../image/index.js';
import type { Runtime, SessionOptions } from '../../runtime/index.js';
import { readModelFile } from '../../segment/model-file.js';
import { BaseSegmenter } from '../../segment/segmenter.js';
import { type Checkpoint, encodeCheckpoint } from '../../weights/checkpoint.js';
import { comparisonPicture } from '../comparison-picture.js';
import type { TrainConfig } from '../config/config.js';

/** Where and how an evaluation within a run computes. */
export interface CheckpointEvaluationOptions {
  readonly config: TrainConfig;
  readonly runtime: Runtime;
  readonly session: SessionOptions;
  /** Stops it. */
  readonly signal?: AbortSignal;
  /** Called after each picture. */
  readonly step?: (done: number, images: number) => void;
}

export interface CheckpointEvaluation {
  readonly report: EvaluationReport;
  /** Picture, truth and prediction of the first samples, by sample name. */
  readonly pictures: ReadonlyMap<string, RgbImage>;
}

/**
 * Evaluates a checkpoint on a split as `atrous eval` does: each picture through the segmenter, its label
 * map at the picture's own size against the truth.
 *
 * @throws what reading a sample throws, and the signal's reason on a stop.
 */
export async function evaluateCheckpoint(
  source: DatasetSource,
  checkpoint: Checkpoint,
  options: CheckpointEvaluationOptions,
): Promise<CheckpointEvaluation> {
  const { config, runtime, session, signal } = options;
  const { size = config.crop, fit, limit = source.size, pictures: shown } = config.evaluation;
  const file = readModelFile(Buffer.concat(encodeCheckpoint(checkpoint)), 'network in training');
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
