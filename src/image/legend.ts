import { Canvas } from './canvas.js';
import type { RgbImage } from './image.js';
import { type LegendCell, layoutLegend, legendMetrics } from './legend-layout.js';
import type { Rgb } from './palette.js';
import { noText, printableName, type TextRasteriser } from './text.js';

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

  const canvas = new Canvas(layout.width, layout.height, theme.paper);
  canvas.picture(image, layout.pictureX, 0);
  layout.cells.forEach((cell, i) => {
    const line = lines[i];
    const text = texts[i];
    if (line === undefined || text === undefined) return;
    if (line.hasSwatch) drawSwatch(canvas, cell.swatch, metrics.border, line.colour, theme);
    const { name, share } = text;
    canvas.text(name, cell.nameX, cell.baseline - name.baseline, theme.ink);
    canvas.text(share, cell.shareX, cell.baseline - share.baseline, theme.faintInk);
  });
  return canvas.image;
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

function legendLines(entries: readonly LegendEntry[], maxEntries: number): LegendLine[] {
  const sorted = [...entries].sort((a, b) => b.share - a.share);
  const shown = sorted.length > maxEntries ? sorted.slice(0, Math.max(1, maxEntries - 1)) : sorted;
  const lines: LegendLine[] = shown.map((entry) => ({
    name: printableName(entry.name, longestName) || '(no name)',
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

function drawSwatch(
  canvas: Canvas,
  { x, y, size }: LegendCell['swatch'],
  border: number,
  colour: Rgb | undefined,
  theme: Theme,
): void {
  const inner = size - 2 * border;
  canvas.fill({ x, y, width: size, height: size }, theme.border);
  const inside = { x: x + border, y: y + border, width: inner, height: inner };
  canvas.fill(inside, colour ?? theme.paper);
}
