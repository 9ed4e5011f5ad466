import type { Size } from './image.js';
import type { TextMask } from './text.js';

/** Lengths of a legend in pixels, all following from the font size. */
export interface LegendMetrics {
  readonly fontSize: number;
  readonly lineHeight: number;
  readonly margin: number;
  readonly swatch: number;
  /** Width of the line around a swatch. */
  readonly border: number;
  /** Between swatch and name. */
  readonly swatchGap: number;
  /** Between name and share. */
  readonly shareGap: number;
  readonly columnGap: number;
}

/** The texts of one legend line. */
export interface LegendTexts {
  readonly name: TextMask;
  readonly share: TextMask;
}

/** Where the parts of one legend line go, in pixels of the canvas. */
export interface LegendCell {
  readonly swatch: { readonly x: number; readonly y: number; readonly size: number };
  readonly nameX: number;
  readonly shareX: number;
  readonly baseline: number;
}

/** A canvas that holds a picture above its legend. */
export interface LegendLayout extends Size {
  /** Left edge of the picture, which is centred where the canvas is wider. */
  readonly pictureX: number;
  /** In the order of the lines. */
  readonly cells: readonly LegendCell[];
}

/** Font sizes in pixels: what can just be read, and what never looks lost on a large picture. */
const smallestFont = 13;
const largestFont = 72;

/** Lengths that suit a picture: the font is about a 34th of its width, less for flat strips. */
export function legendMetrics(picture: Size, fontSize?: number): LegendMetrics {
  const suited = Math.min(picture.width, picture.height * 2) / 34;
  const size = Math.round(Math.min(largestFont, Math.max(smallestFont, fontSize ?? suited)));
  return {
    fontSize: size,
    lineHeight: Math.round(size * 1.6),
    margin: Math.round(size * 0.9),
    swatch: Math.round(size * 0.9),
    border: Math.max(1, Math.round(size / 16)),
    swatchGap: Math.round(size * 0.5),
    shareGap: Math.round(size * 0.7),
    columnGap: Math.round(size * 1.8),
  };
}

/**
 * Places legend lines row by row in columns of equal width, as many as fit below the picture; the
 * canvas is as wide as the picture or, where that is too narrow, as one column.
 */
export function layoutLegend(
  lines: readonly LegendTexts[],
  picture: Size,
  metrics: LegendMetrics,
): LegendLayout {
  const nameWidth = Math.max(...lines.map((line) => line.name.width));
  const shareWidth = Math.max(...lines.map((line) => line.share.width));
  const indent = metrics.swatch + metrics.swatchGap;
  const columnWidth = indent + nameWidth + metrics.shareGap + shareWidth;
  const width = Math.max(picture.width, columnWidth + 2 * metrics.margin);
  const pitch = columnWidth + metrics.columnGap;
  const room = width - 2 * metrics.margin + metrics.columnGap;
  const columns = Math.min(lines.length, Math.max(1, Math.floor(room / pitch)));
  const rows = Math.ceil(lines.length / columns);

  const top = picture.height + Math.round(metrics.margin * 0.7);
  const cells = lines.map((line, i): LegendCell => {
    const x = metrics.margin + (i % columns) * pitch;
    const middle = top + (Math.floor(i / columns) + 0.5) * metrics.lineHeight;
    return {
      swatch: { x, y: Math.round(middle - metrics.swatch / 2), size: metrics.swatch },
      nameX: x + indent,
      shareX: x + columnWidth - line.share.width,
      // Small letters are about half a font size high: centring them on the swatch looks level.
      baseline: Math.round(middle + metrics.fontSize * 0.33),
    };
  });
  return {
    width,
    height: top + rows * metrics.lineHeight + Math.round(metrics.margin * 0.7),
    pictureX: Math.floor((width - picture.width) / 2),
    cells,
  };
}
