import { type RgbImage, rgbImage } from './image.js';
import { layoutLegend, legendMetrics } from './legend-layout.js';
import type { Rgb } from './palette.js';
import type { TextMask, TextRasteriser } from './text.js';

/** One line of a legend. */
export interface LegendEntry {
  readonly name: string;
  /** Left out for a class that is not tinted, such as the background: its swatch is hollow. */
  readonly colour?: Rgb;
  /** Share of the picture, 0 to 1. */
  readonly share: number;
}

/** How a legend looks. */
export interface LegendOptions {
  /** Defaults to `light`. */
  readonly theme?: 'light' | 'dark';
  /** Entries shown at most, the biggest; the others become one line. Defaults to 24. */
  readonly maxEntries?: number;
  /** Font size in pixels. Defaults to one that suits the picture, at least 13. */
  readonly fontSize?: number;
}

interface Theme {
  readonly paper: Rgb;
  readonly ink: Rgb;
  /** Shares are printed fainter than names. */
  readonly faintInk: Rgb;
  /** Border of the colour swatches, so that white or black ones can be seen. */
  readonly border: Rgb;
}

const themes: Readonly<Record<'light' | 'dark', Theme>> = {
  light: {
    paper: [255, 255, 255],
    ink: [32, 33, 36],
    faintInk: [112, 117, 122],
    border: [176, 180, 184],
  },
  dark: {
    paper: [32, 33, 36],
    ink: [232, 234, 237],
    faintInk: [154, 160, 166],
    border: [95, 99, 104],
  },
};

/** Longest class name that is printed whole, in characters. */
const longestName = 32;

/**
 * The picture with a legend in a strip below it: swatch, name and share of each entry, biggest
 * share first, in as many columns as fit.
 *
 * A picture narrower than the legend needs is centred on a wider canvas, so that even that of a
 * single pixel can be read. Without entries, the picture is returned as it is.
 */
export async function addLegend(
  image: RgbImage,
  entries: readonly LegendEntry[],
  rasteriseText: TextRasteriser,
  options: LegendOptions = {},
): Promise<RgbImage> {
  if (entries.length === 0) return image;
  const theme = themes[options.theme ?? 'light'];
  const metrics = legendMetrics(image, options.fontSize);
  const lines = legendLines(entries, options.maxEntries ?? 24);
  const masks = await rasteriseText(
    lines.flatMap((line) => [line.name, line.share]),
    metrics.fontSize,
  );
  const texts = lines.map((_, i) => ({
    name: masks[i * 2] ?? noText,
    share: masks[i * 2 + 1] ?? noText,
  }));
  const layout = layoutLegend(texts, image, metrics);

  const canvas = filledImage(layout.width, layout.height, theme.paper);
  copyInto(canvas, image, layout.pictureX, 0);
  layout.cells.forEach((cell, i) => {
    const line = lines[i];
    const text = texts[i];
    if (line === undefined || text === undefined) return;
    if (line.hasSwatch) {
      fillBox(canvas, cell.swatch.x, cell.swatch.y, cell.swatch.size, theme.border);
      const inset = metrics.border;
      const inner = cell.swatch.size - 2 * inset;
      fillBox(
        canvas,
        cell.swatch.x + inset,
        cell.swatch.y + inset,
        inner,
        line.colour ?? theme.paper,
      );
    }
    drawText(canvas, text.name, cell.nameX, cell.baseline, theme.ink);
    drawText(canvas, text.share, cell.shareX, cell.baseline, theme.faintInk);
  });
  return canvas;
}

/** A share as people read it: `61.2 %`, `<0.1 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return percent > 0 && percent < 0.1 ? '<0.1 %' : `${percent.toFixed(1)} %`;
}

interface LegendLine {
  readonly name: string;
  readonly share: string;
  readonly colour: Rgb | undefined;
  /** False for the line that stands for all further classes. */
  readonly hasSwatch: boolean;
}

const noText: TextMask = { width: 0, height: 0, baseline: 0, data: new Uint8Array(0) };

function legendLines(entries: readonly LegendEntry[], maxEntries: number): LegendLine[] {
  const sorted = [...entries].sort((a, b) => b.share - a.share);
  const shown = sorted.length > maxEntries ? sorted.slice(0, Math.max(1, maxEntries - 1)) : sorted;
  const lines: LegendLine[] = shown.map((entry) => ({
    name: printableName(entry.name),
    share: formatShare(entry.share),
    colour: entry.colour,
    hasSwatch: true,
  }));
  const rest = sorted.slice(shown.length);
  if (rest.length > 0) {
    const share = rest.reduce((sum, entry) => sum + entry.share, 0);
    lines.push({
      name: `${rest.length} more`,
      share: formatShare(share),
      colour: undefined,
      hasSwatch: false,
    });
  }
  return lines;
}

/** A name on one line, shortened where it is very long. */
function printableName(name: string): string {
  const characters = [...name.replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim()];
  if (characters.length === 0) return '(no name)';
  if (characters.length <= longestName) return characters.join('');
  return `${characters.slice(0, longestName - 1).join('')}…`;
}

function filledImage(width: number, height: number, colour: Rgb): RgbImage {
  const data = new Uint8Array(width * height * 3);
  data.set(colour);
  // Doubling copies fill large canvases faster than a loop over pixels.
  for (let filled = 3; filled < data.length; filled *= 2) data.copyWithin(filled, 0, filled);
  return rgbImage(width, height, data);
}

function copyInto(canvas: RgbImage, image: RgbImage, x: number, y: number): void {
  const rowLength = image.width * 3;
  for (let row = 0; row < image.height; row++) {
    const pixels = image.data.subarray(row * rowLength, (row + 1) * rowLength);
    canvas.data.set(pixels, ((y + row) * canvas.width + x) * 3);
  }
}

function fillBox(canvas: RgbImage, x: number, y: number, size: number, colour: Rgb): void {
  for (let row = y; row < y + size; row++) {
    for (let column = x; column < x + size; column++) {
      canvas.data.set(colour, (row * canvas.width + column) * 3);
    }
  }
}

function drawText(canvas: RgbImage, mask: TextMask, x: number, baseline: number, ink: Rgb): void {
  const top = baseline - mask.baseline;
  for (let row = Math.max(0, -top); row < mask.height && top + row < canvas.height; row++) {
    for (let column = 0; column < mask.width && x + column < canvas.width; column++) {
      const cover = mask.data[row * mask.width + column] ?? 0;
      if (cover === 0) continue;
      const at = ((top + row) * canvas.width + x + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const paper = canvas.data[at + channel] ?? 0;
        const colour = ink[channel] ?? 0;
        canvas.data[at + channel] = Math.round(paper + ((colour - paper) * cover) / 255);
      }
    }
  }
}
