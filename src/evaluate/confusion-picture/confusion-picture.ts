import {
  Canvas,
  noText,
  printableName,
  type Rgb,
  type RgbImage,
  type TextMask,
  type TextRasteriser,
  turnUp,
} from '../../image/index.js';
import type { EvaluationReport } from '../evaluation.js';
import { type ConfusionShares, confusionShares } from './confusion-shares.js';

const paper: Rgb = [255, 255, 255];
const ink: Rgb = [32, 33, 36];
const faintInk: Rgb = [112, 117, 122];
const absent: Rgb = [236, 238, 240];

/** From nothing to everything: ColorBrewer's Blues (Cynthia Brewer), which prints well in grey. */
const blues: readonly Rgb[] = [
  [247, 251, 255],
  [198, 219, 239],
  [107, 174, 214],
  [33, 113, 181],
  [8, 48, 107],
];

const fontSize = 15;
const margin = 18;
const gap = 10;
const longestName = 24;
/** Cells as small as this still show their numbers. */
const numberedCell = 34;
const scaleStep = 40;
const swatch = 14;
const ticks = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 1];

/**
 * A confusion matrix as a heat map: rows are true classes, columns what their pixels were taken
 * for, in percent of the row, with each class's IoU at the right.
 *
 * Colours follow the square root of the share, so that confusions of a few percent can be seen.
 * Up to about 30 classes every cell has its number; with very many classes not every name is shown.
 */
export async function drawConfusion(
  report: EvaluationReport,
  rasterise: TextRasteriser,
): Promise<RgbImage> {
  const matrix = confusionShares(report);
  const texts = await renderTexts(matrix, rasterise);
  const cell = cellSize(matrix.columns.length);
  const left = margin + texts.trueClass.width + gap + widest(texts.rows) + gap;
  const top = margin + texts.predicted.height + gap + widest(texts.columns) + gap;
  const right = left + cell * matrix.columns.length;
  const bottom = top + cell * matrix.rows.length;
  const width = Math.max(
    right + gap + widest([...texts.ious, texts.iou]) + margin,
    left + Math.max(texts.scale.width, ticks.length * scaleStep) + margin,
  );
  const canvas = new Canvas(width, bottom + gap + scaleHeight(texts) + margin, paper);

  drawAxes(canvas, texts, { left, top, cell, right });
  matrix.shares.forEach((shares, row) => {
    const y = top + row * cell;
    shares.forEach((share, column) => {
      const x = left + column * cell;
      // A hair of paper between cells keeps large ones apart; small ones would only look grey.
      const side = cell > 12 ? cell - 1 : cell;
      const colour = Number.isNaN(share) ? absent : shade(share);
      canvas.fill({ x, y, width: side, height: side }, colour);
      const number = texts.numbers.get(numberOf(share));
      if (cell < numberedCell || number === undefined) return;
      const onDark = Math.sqrt(share) > 0.62;
      drawCentred(canvas, number, x + side / 2, y + side / 2, onDark ? paper : ink);
    });
  });
  drawScale(canvas, texts, left, bottom + gap * 2);
  return canvas.image;
}

interface Texts {
  readonly rows: readonly TextMask[];
  /** Turned to read upwards. */
  readonly columns: readonly TextMask[];
  readonly ious: readonly TextMask[];
  readonly iou: TextMask;
  readonly predicted: TextMask;
  /** Turned to read upwards. */
  readonly trueClass: TextMask;
  readonly scale: TextMask;
  readonly numbers: ReadonlyMap<string, TextMask>;
  readonly ticks: readonly TextMask[];
}

async function renderTexts(matrix: ConfusionShares, rasterise: TextRasteriser): Promise<Texts> {
  const render = async (words: readonly string[], size = fontSize) =>
    words.length === 0 ? [] : rasterise(words, size);
  const columns = await render(matrix.columns.map(shortened));
  const [iou, predicted, trueClass, scale] = await render([
    'IoU %',
    'predicted class',
    'true class',
    "share of the true class's pixels, %",
  ]);
  const numbers = [...new Set(matrix.shares.flat().map(numberOf))].filter((text) => text !== '');
  const masks = await render(numbers, fontSize - 1);
  return {
    rows: await render(matrix.rows.map(shortened)),
    columns: columns.map(turnUp),
    ious: await render(
      matrix.iou.map((value) => (Number.isNaN(value) ? '–' : (value * 100).toFixed(1))),
    ),
    iou: iou ?? noText,
    predicted: predicted ?? noText,
    trueClass: turnUp(trueClass ?? noText),
    scale: scale ?? noText,
    numbers: new Map(numbers.map((text, i) => [text, masks[i] ?? noText])),
    ticks: await render(
      ticks.map((tick) => `${tick * 100}`),
      fontSize - 2,
    ),
  };
}

/** A share in whole percent; nothing for what rounds to 0. */
function numberOf(share: number): string {
  return share >= 0.005 ? (share * 100).toFixed(0) : '';
}

function cellSize(columns: number): number {
  if (columns <= 30) return 38;
  return Math.max(4, Math.min(20, Math.floor(1200 / columns)));
}

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly cell: number;
}

function drawAxes(canvas: Canvas, texts: Texts, { left, top, right, cell }: Frame): void {
  const bottom = top + cell * texts.rows.length;
  // Names of classes whose cells are smaller than letters stand at every second, third, … only.
  const step = Math.ceil((fontSize + 2) / cell);
  texts.rows.forEach((name, row) => {
    if (row % step !== 0) return;
    const middle = top + (row + 0.5) * cell;
    canvas.text(name, left - gap - name.width, baselineAt(middle) - name.baseline, ink);
    const iou = texts.ious[row];
    if (iou === undefined) return;
    const x = right + gap + widest([...texts.ious, texts.iou]) - iou.width;
    canvas.text(iou, x, baselineAt(middle) - iou.baseline, faintInk);
  });
  texts.columns.forEach((name, column) => {
    if (column % step !== 0) return;
    const middle = left + (column + 0.5) * cell;
    canvas.text(name, Math.round(middle - name.width / 2), top - gap - name.height, ink);
  });
  canvas.text(texts.iou, right + gap, top - gap - texts.iou.height, faintInk);
  canvas.text(texts.predicted, left, margin, faintInk);
  const y = Math.max(margin, Math.round((top + bottom - texts.trueClass.height) / 2));
  canvas.text(texts.trueClass, margin, y, faintInk);
}

/** Small letters are about half a font size high: so far below their middle they stand. */
function baselineAt(middle: number): number {
  return Math.round(middle + fontSize * 0.33);
}

/** Colours of some shares, under the matrix. */
function drawScale(canvas: Canvas, texts: Texts, left: number, top: number): void {
  canvas.text(texts.scale, left, top, faintInk);
  const y = top + texts.scale.height + gap;
  ticks.forEach((tick, i) => {
    const x = left + i * scaleStep;
    canvas.fill({ x, y, width: scaleStep - 1, height: swatch }, shade(tick));
    const text = texts.ticks[i];
    if (text === undefined) return;
    drawCentred(canvas, text, x + scaleStep / 2, y + swatch + gap / 2 + text.height / 2, faintInk);
  });
}

function scaleHeight(texts: Texts): number {
  return gap * 2.5 + texts.scale.height + swatch + Math.max(...texts.ticks.map((t) => t.height));
}

function drawCentred(canvas: Canvas, mask: TextMask, x: number, y: number, colour: Rgb): void {
  canvas.text(mask, Math.round(x - mask.width / 2), Math.round(y - mask.height / 2), colour);
}

function shade(share: number): Rgb {
  const position = Math.sqrt(Math.min(1, Math.max(0, share))) * (blues.length - 1);
  const lower = Math.min(Math.floor(position), blues.length - 2);
  const [from, to] = [blues[lower] ?? paper, blues[lower + 1] ?? paper];
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (position - lower));
  return [mix(0), mix(1), mix(2)];
}

function widest(masks: readonly TextMask[]): number {
  return Math.max(0, ...masks.map(({ width, height }) => Math.max(width, height)));
}

function shortened(name: string): string {
  return printableName(name, longestName) || '(no name)';
}
