import { publishedSearchRanges } from '../../../../src/crf/index.js';
import type { CrfSearchOptions, CrfSearchResult } from '../../../../src/evaluate/node/index.js';
import { namedParameters } from '../parameter-names.js';
import { namedRanges } from './ranges.js';

/** A search as `--json` prints it; `--crf-parameters` takes it, for its `parameters`. */
export function searchJson(options: CrfSearchOptions, result: CrfSearchResult) {
  const { fit, scales, flip, arithmetic, outputStride, classes, refinements } = options;
  const { ranges = publishedSearchRanges.deeplabv2 } = options;
  return {
    parameters: namedParameters(result.best.parameters),
    mIoU: result.best.score,
    mIoUWithoutCrf: result.withoutCrf.mIoU,
    model: options.model,
    dataset: result.dataset.name,
    path: result.dataset.listing.root,
    split: result.dataset.split,
    inputSize: result.model.inputSize,
    options: { fit, scales, flip, arithmetic, outputStride, classes, refinements },
    ranges: namedRanges(ranges),
    images: result.images,
    failures: result.failures,
    trials: result.trials.map(({ parameters, score, refinement }) => ({
      ...namedParameters(parameters),
      mIoU: score,
      refinement,
    })),
    seconds: Math.round(result.seconds * 1000) / 1000,
  };
}
