import {
  type Box,
  type LabelMap,
  type LegendEntry,
  type OverlayOptions,
  overlayLabels,
  type Palette,
  type RgbImage,
  summariseLabels,
} from '../image/index.js';
import type { ClassNames } from './class-names.js';

/** What part of a picture a class takes. */
export interface ClassShare {
  readonly index: number;
  readonly label: string;
  readonly pixels: number;
  /** 0 to 1 */
  readonly share: number;
  /** Smallest rectangle that holds all of its pixels. */
  readonly box: Box;
}

/** Milliseconds that each step took. */
export interface SegmentationTimings {
  readonly decode: number;
  readonly preprocess: number;
  readonly network: number;
  readonly labelMap: number;
  /** Refining by the dense CRF; 0 without one. */
  readonly crf: number;
}

/** A label map together with the colours of its indices. */
export interface IndexedMask extends LabelMap {
  readonly palette: Palette;
}

/** The answer for one picture. */
export class Segmentation {
  readonly width: number;
  readonly height: number;
  /** Class index of every pixel of the picture, rows from the top. */
  readonly labelMap: Uint8Array | Uint16Array;
  readonly labels: readonly string[];
  /** Probability of every class at every pixel, [classes, height, width], where asked for. */
  readonly probabilities: Float32Array | undefined;
  /** The network's own label map, where `labelMap` is that of a dense CRF. */
  readonly labelMapBeforeCrf: Uint8Array | Uint16Array | undefined;
  readonly timings: SegmentationTimings;
  readonly #image: RgbImage;
  readonly #names: ClassNames;
  #classes: readonly ClassShare[] | undefined;

  constructor(parts: {
    readonly image: RgbImage;
    readonly map: LabelMap;
    readonly names: ClassNames;
    readonly probabilities: Float32Array | undefined;
    readonly mapBeforeCrf?: LabelMap;
    readonly timings: SegmentationTimings;
  }) {
    this.width = parts.map.width;
    this.height = parts.map.height;
    this.labelMap = parts.map.data;
    this.labels = parts.names.labels;
    this.probabilities = parts.probabilities;
    this.labelMapBeforeCrf = parts.mapBeforeCrf?.data;
    this.timings = parts.timings;
    this.#image = parts.image;
    this.#names = parts.names;
  }

  /** The classes that occur, largest first. */
  get classes(): readonly ClassShare[] {
    this.#classes ??= summariseLabels(this.#map(), this.labels.length).map((summary) => {
      const { index, pixels, share, box } = summary;
      return { index, label: this.labels[index] ?? `${index}`, pixels, share, box };
    });
    return this.#classes;
  }

  /** The picture with its classes tinted and outlined. */
  overlay(options: Partial<OverlayOptions> = {}): RgbImage {
    const { tints, background } = this.#names;
    return overlayLabels(this.#image, this.#map(), {
      palette: tints,
      ...(background === undefined ? {} : { background }),
      ...options,
    });
  }

  /** What a legend of the overlay shows: the classes that occur, in the colours of their tints. */
  legend(): readonly LegendEntry[] {
    const { tints, background } = this.#names;
    return this.classes.map(({ index, label, share }) => {
      const colour = index === background ? undefined : tints[index];
      return { name: label, share, ...(colour === undefined ? {} : { colour }) };
    });
  }

  /** The label map with the colours of its classes. */
  mask(): IndexedMask {
    return { ...this.#map(), palette: this.#names.palette };
  }

  #map(): LabelMap {
    return { width: this.width, height: this.height, data: this.labelMap };
  }
}
