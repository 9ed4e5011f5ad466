import {
  addLegend,
  Canvas,
  type LabelMap,
  overlayLabels,
  printableName,
  type Rgb,
  type RgbImage,
  resizeImage,
  resizeLabels,
  type TextRasteriser,
} from '../image/index.js';
import { type DatasetClasses, isKnownLabel } from './dataset-source.js';
import type { LabelHistogram } from './label-histogram.js';

/** How a contact sheet is laid out, in pixels. */
const layout = {
  columns: 6,
  cellWidth: 200,
  cellHeight: 150,
  gap: 10,
  caption: 18,
  fontSize: 12,
  legendSize: 14,
};

/** Characters of a caption at most. */
const longestCaption = 30;

/** Samples shown at most. */
export const contactSheetSamples = 24;

const paper: Rgb = [255, 255, 255];
const ink: Rgb = [51, 51, 51];
/** Colour of pixels whose value is neither a class nor the ignore value. */
const unknownColour: Rgb = [255, 0, 255];

interface Thumbnail {
  readonly index: number;
  readonly id: string;
  readonly picture: RgbImage;
}

/**
 * Small overlays of some samples of a dataset, their names below them, in a grid over a legend of
 * the classes. Values that mean nothing are magenta; what has no label is shown without.
 */
export class ContactSheet {
  private readonly classes: DatasetClasses;
  private readonly chosen: ReadonlySet<number>;
  private readonly thumbnails: Thumbnail[] = [];

  /** @param size samples in the dataset, of which `contactSheetSamples` spread evenly are shown. */
  constructor(classes: DatasetClasses, size: number) {
    this.classes = classes;
    const count = Math.min(size, contactSheetSamples);
    this.chosen = new Set(
      Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count)),
    );
  }

  /** Adds a sample where it is one of those that are shown. */
  add(index: number, id: string, image: RgbImage, label: LabelMap | undefined): void {
    if (!this.chosen.has(index)) return;
    const scale = Math.min(layout.cellWidth / image.width, layout.cellHeight / image.height);
    const width = Math.max(1, Math.round(image.width * scale));
    const height = Math.max(1, Math.round(image.height * scale));
    const small = resizeImage(image, width, height);
    const picture =
      label === undefined ? small : this.overlay(small, resizeLabels(label, width, height));
    this.thumbnails.push({ index, id, picture });
  }

  /** Draws the sheet. */
  async draw(histogram: LabelHistogram, rasterise: TextRasteriser): Promise<RgbImage> {
    const shown = [...this.thumbnails].sort((a, b) => a.index - b.index);
    const columns = Math.max(1, Math.min(layout.columns, shown.length));
    const rows = Math.max(1, Math.ceil(shown.length / columns));
    const stepX = layout.cellWidth + layout.gap;
    const stepY = layout.cellHeight + layout.caption + layout.gap;
    const canvas = new Canvas(columns * stepX + layout.gap, rows * stepY + layout.gap, paper);
    // Ids of one dataset mostly begin alike: the end is what tells them apart.
    const captions = shown.map(({ id }) => printableName(id, longestCaption, 'end') || '-');
    const masks = captions.length === 0 ? [] : await rasterise(captions, layout.fontSize);
    for (const [i, { picture }] of shown.entries()) {
      const left = layout.gap + (i % columns) * stepX;
      const top = layout.gap + Math.floor(i / columns) * stepY;
      canvas.picture(
        picture,
        left + ((layout.cellWidth - picture.width) >> 1),
        top + ((layout.cellHeight - picture.height) >> 1),
      );
      const mask = masks[i];
      if (mask === undefined) continue;
      const x = left + Math.max(0, (layout.cellWidth - mask.width) >> 1);
      const y = top + layout.cellHeight + layout.fontSize + 2 - mask.baseline;
      // A caption that is wider than its cell ends where the next one begins.
      canvas.fill({ ...mask, x, y }, paper);
      canvas.text(mask, x, y, ink);
    }
    const options = { fontSize: layout.legendSize };
    return addLegend(canvas.image, this.legend(histogram), rasterise, options);
  }

  private legend(histogram: LabelHistogram): Parameters<typeof addLegend>[1] {
    const background = this.background();
    return histogram.classes
      .map(({ label, pixels }, value) => {
        const colour = value === background ? undefined : this.classes.palette[value];
        const share = pixels / Math.max(1, histogram.pixels);
        return { name: label, share, ...(colour === undefined ? {} : { colour }) };
      })
      .filter(({ share }) => share > 0);
  }

  private overlay(image: RgbImage, label: LabelMap): RgbImage {
    const background = this.background();
    const drawn = overlayLabels(image, label, {
      palette: this.classes.palette,
      alpha: 0.6,
      outline: 1,
      ...(background === undefined ? {} : { background }),
    });
    label.data.forEach((value, pixel) => {
      if (!isKnownLabel(value, this.classes)) drawn.data.set(unknownColour, pixel * 3);
    });
    return drawn;
  }

  /** The class that is left untinted. */
  private background(): number | undefined {
    const { labels, ignoreValue } = this.classes;
    if (ignoreValue < labels.length) return ignoreValue;
    return labels[0] === 'background' ? 0 : undefined;
  }
}
