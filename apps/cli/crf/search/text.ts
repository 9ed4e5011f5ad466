import { basename } from 'node:path';
import type { SearchStep, SearchTrial } from '../../../../src/crf/index.js';
import type { EvaluationReport } from '../../../../src/evaluate/index.js';
import type {
  CrfSearchOptions,
  CrfSearchResult,
  EvaluatedParts,
} from '../../../../src/evaluate/node/index.js';
import { alignRows, counted } from '../../table.js';
import { namedParameters, parameterText } from '../parameter-names.js';

/** What is about to be done, on one line. */
export function openingLine({ model }: CrfSearchOptions, parts: EvaluatedParts): string {
  const { width, height } = parts.model.inputSize;
  const { name, split } = parts.dataset;
  const pictures = counted(parts.images, 'picture');
  return `${basename(model)}, input ${width}x${height}; ${name}, split ${split}: ${pictures}`;
}

/** What begins, and what it has to beat. */
export function stepLine({ refinement, trials }: SearchStep, { mIoU }: EvaluationReport): string {
  return refinement === 0
    ? `mIoU ${percent(mIoU)} without a CRF; ${counted(trials, 'trial')}:`
    : `half steps around the best values, ${counted(trials, 'trial')}:`;
}

/** A trial that is better than all before. */
export function trialLine({ parameters, score }: SearchTrial): string {
  return `mIoU ${percent(score)}  ${parameterText(parameters)}`;
}

/** The result. */
export function closingLines(
  { best, withoutCrf, trials, images, failures, seconds }: CrfSearchResult,
  out: string | undefined,
): readonly string[] {
  const gain = 100 * (best.score - withoutCrf.mIoU);
  const verdict =
    gain > 0
      ? `${gain.toFixed(2)} points more than without a CRF`
      : 'no more than without a CRF, which does not help here';
  const rows = Object.entries(namedParameters(best.parameters)).map(([name, value]) => [
    name,
    `${value}`,
  ]);
  const work = `${counted(trials.length, 'trial')} on ${counted(images, 'picture')}`;
  const failed = failures.length > 0 ? [`${failures.length} failed`] : [];
  const file = out === undefined ? [] : [`parameters in ${out}`];
  return [
    '',
    ...alignRows(rows, ['left', 'right']),
    '',
    `mIoU ${percent(best.score)}, ${verdict}`,
    [`${work} in ${seconds.toFixed(1)} s`, ...failed, ...file].join('; '),
    `--crf-parameters ${parameterText(best.parameters)}`,
  ];
}

function percent(share: number): string {
  return (share * 100).toFixed(2);
}
