import { completeCrfParameters } from '../../../src/crf/parameters.js';
import type { EvaluateOptions, EvaluateResult } from '../../../src/evaluate/node/index.js';
import { crfSettingsOf } from '../../../src/segment/crf-refinement.js';
import { namedParameters } from '../crf/parameter-names.js';

/** An evaluation as `--json` prints it; NaN becomes null there. */
export function evaluationJson(options: EvaluateOptions, result: EvaluateResult) {
  const { fit, size, scales, flip, tile, crf, arithmetic, classes, limit } = options;
  const settings = crfSettingsOf(crf);
  const named =
    settings === undefined ? {} : { crf: namedParameters(completeCrfParameters(settings)) };
  return {
    model: options.model,
    dataset: result.dataset.name,
    path: result.dataset.listing.root,
    split: result.dataset.split,
    inputSize: result.model.inputSize,
    options: { fit, size, scales, flip, tile, ...named, arithmetic, classes, limit },
    ...result.report,
    ...(result.reportBeforeCrf === undefined ? {} : { beforeCrf: result.reportBeforeCrf }),
    images: result.images,
    failures: result.failures,
    ...(options.predictions === undefined ? {} : { predictions: options.predictions }),
    seconds: Math.round(result.seconds * 1000) / 1000,
  };
}
