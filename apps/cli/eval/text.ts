import { basename } from 'node:path';
import { confusionShares } from '../../../src/evaluate/confusion-picture/confusion-shares.js';
import type { EvaluationReport } from '../../../src/evaluate/index.js';
import type {
  EvaluatedParts,
  EvaluateOptions,
  EvaluateResult,
} from '../../../src/evaluate/node/index.js';
import { type Alignment, alignRows, counted, formatCount } from '../table.js';

/** Wider confusion matrices are left to pictures and JSON. */
const mostColumns = 25;

/** What is about to be done, on one line. */
export function openingLine(options: EvaluateOptions, parts: EvaluatedParts): string {
  const { width, height } = parts.model.inputSize;
  const { name, split } = parts.dataset;
  const views = [
    options.scales === undefined ? [] : [`scales ${options.scales.join(', ')}`],
    options.flip === true ? ['flip'] : [],
    options.tile === undefined ? [] : ['tiles'],
    options.crf === undefined || options.crf === false ? [] : ['dense CRF'],
  ].flat();
  const extra = views.length > 0 ? `, ${views.join(', ')}` : '';
  const pictures = counted(parts.images, 'picture');
  return `${basename(options.model)}, input ${width}x${height}${extra}; ${name}, split ${split}: ${pictures}`;
}

/** The result of an evaluation in lines of text. */
export function evaluationText(
  { predictions }: EvaluateOptions,
  { report, reportBeforeCrf, images, seconds, failures }: EvaluateResult,
  confusionPng: string | undefined,
): readonly string[] {
  const rate = images > 1 ? ` (${(images / seconds).toFixed(1)}/s)` : '';
  const files = [
    predictions === undefined ? [] : [`predictions in ${predictions.folder}`],
    confusionPng === undefined || report === undefined
      ? []
      : [`confusion matrix in ${confusionPng}`],
  ].flat();
  const failed = failures.length > 0 ? [`${failures.length} failed`] : [];
  const closing = `${counted(images, 'picture')} in ${seconds.toFixed(1)} s${rate}`;
  return [
    ...(report === undefined ? [] : reportText(report, reportBeforeCrf)),
    [closing, ...failed, ...files].join('; '),
  ];
}

function reportText(
  report: EvaluationReport,
  before: EvaluationReport | undefined,
): readonly string[] {
  return [
    '',
    ...classTable(report, before),
    '',
    ...summary(report, before),
    '',
    ...boundaryTable(report, before),
    ...confusionTable(report),
  ];
}

function classTable(
  { perClass, pixels }: EvaluationReport,
  before: EvaluationReport | undefined,
): readonly string[] {
  const rows = perClass.map(({ label, iou, accuracy, precision, truePixels }, row) => [
    label,
    percent(iou),
    ...(before === undefined ? [] : [percent(before.perClass[row]?.iou ?? Number.NaN)]),
    percent(accuracy),
    percent(precision),
    percent(truePixels / pixels),
  ]);
  const extra = before === undefined ? [] : ['before CRF'];
  return table([['class, %', 'IoU', ...extra, 'accuracy', 'precision', 'of pixels'], ...rows]);
}

function summary(
  report: EvaluationReport,
  before: EvaluationReport | undefined,
): readonly string[] {
  const figures: readonly (readonly [string, (report: EvaluationReport) => number])[] = [
    ['mIoU', ({ mIoU }) => mIoU],
    ['pixel accuracy', ({ pixelAccuracy }) => pixelAccuracy],
    ['class accuracy', ({ classAccuracy }) => classAccuracy],
    ['frequency-weighted IoU', ({ frequencyWeightedIoU }) => frequencyWeightedIoU],
  ];
  const reports = before === undefined ? [report] : [report, before];
  const head = before === undefined ? [] : [['', 'with CRF', 'before']];
  return table([
    ...head,
    ...figures.map(([name, figure]) => [name, ...reports.map((each) => percent(figure(each)))]),
  ]);
}

function boundaryTable(
  { boundary }: EvaluationReport,
  before: EvaluationReport | undefined,
): readonly string[] {
  if (boundary.length === 0) return [];
  const rows = boundary.map(({ width, mIoU, pixelAccuracy, pixels }, row) => [
    `${width}`,
    percent(mIoU),
    ...(before === undefined ? [] : [percent(before.boundary[row]?.mIoU ?? Number.NaN)]),
    percent(pixelAccuracy),
    formatCount(pixels),
  ]);
  const extra = before === undefined ? [] : ['before CRF'];
  const head = ['boundary band, px', 'mIoU', ...extra, 'pixel accuracy', 'pixels'];
  return [
    ...alignRows(
      [head, ...rows],
      head.map(() => 'right' as const),
    ),
    '',
  ];
}

/** Rows of a name and figures. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const [head = []] = rows;
  return alignRows(
    rows,
    head.map((_, column): Alignment => (column === 0 ? 'left' : 'right')),
  );
}

/** True classes in rows, predictions in columns, in percent of the row. */
function confusionTable(report: EvaluationReport): readonly string[] {
  const { rows, columns, shares } = confusionShares(report);
  if (columns.length > mostColumns) return [];
  const numbers = columns.map((name, i) => (i < rows.length ? `${i + 1}` : name));
  const lines = rows.map((name, i) => [`${i + 1}`, name, ...(shares[i] ?? []).map(cellText)]);
  const alignments: readonly Alignment[] = [
    'right',
    'left',
    ...columns.map(() => 'right' as const),
  ];
  return [
    'confusion, % of the true class (rows) taken for each class (columns)',
    ...alignRows([['', '', ...numbers], ...lines], alignments),
    '',
  ];
}

/** Whole percent; nothing for no pixel at all, a dot for less than half a percent. */
function cellText(share: number): string {
  if (Number.isNaN(share)) return '–';
  if (share === 0) return '';
  return share < 0.005 ? '·' : (share * 100).toFixed(0);
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : (share * 100).toFixed(2);
}
