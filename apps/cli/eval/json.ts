import type { EvaluateOptions, EvaluateResult } from '../../../src/evaluate/node/index.js';

/** An evaluation as `--json` prints it; NaN becomes null there. */
export function evaluationJson(options: EvaluateOptions, result: EvaluateResult) {
  const { fit, size, scales, flip, tile, arithmetic, classes, limit } = options;
  return {
    model: options.model,
    dataset: result.dataset.name,
    path: result.dataset.listing.root,
    split: result.dataset.split,
    inputSize: result.model.inputSize,
    options: { fit, size, scales, flip, tile, arithmetic, classes, limit },
    ...result.report,
    images: result.images,
    failures: result.failures,
    ...(options.predictions === undefined ? {} : { predictions: options.predictions }),
    seconds: Math.round(result.seconds * 1000) / 1000,
  };
}
