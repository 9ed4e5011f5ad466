import { formatShare } from '../../../src/image/index.js';
import type { ClassShare } from '../../../src/segment/segmentation.js';
import type { TileOptions } from '../../../src/segment/tiles.js';
import type { OutputKind } from './outputs.js';

/** Milliseconds that each step took. */
export interface PictureTimings {
  readonly decodeMs: number;
  readonly preprocessMs: number;
  readonly networkMs: number;
  readonly labelMapMs: number;
  /** Refining by the dense CRF, where there is one. */
  readonly crfMs?: number;
  /** Tinting the picture and drawing the legend. */
  readonly overlayMs: number;
  /** Compressing the PNGs and laying out the probabilities. */
  readonly encodeMs: number;
  /** Writing the files; left out in NAME.json, which is one of them. */
  readonly writeMs?: number;
}

/** What NAME.json says of a picture. */
export interface PictureReport {
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly model: string;
  readonly labelSource: string;
  readonly labels: readonly string[];
  /** Scales and tiles of the input, and mirroring, where they were asked for. */
  readonly scales?: readonly number[];
  readonly flip?: true;
  readonly tile?: TileOptions | true;
  /** Parameters of the dense CRF that has refined the result, by the papers' names. */
  readonly crf?: Readonly<Record<string, number>>;
  /** The classes that occur, largest first. */
  readonly classes: readonly ClassShare[];
  readonly timings: PictureTimings;
  readonly files: Readonly<Partial<Record<OutputKind, string>>>;
}

/** Classes named in a line of text; the others are few pixels. */
const namedClasses = 6;

/** One line for people. */
export function summaryLine({ image, classes }: PictureReport): string {
  const named = classes
    .slice(0, namedClasses)
    .map(({ label, share }) => `${label} ${formatShare(share)}`);
  const rest = classes.length - named.length;
  return `${image}: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

const sources: Readonly<Record<string, string>> = {
  'file metadata': "names from the file's metadata",
  sidecar: 'names from the JSON file beside it',
  option: 'names from --labels',
  numbers: 'no names, so numbers',
};

/** Where class names came from, in words. */
export function labelSourceText(source: string): string {
  return sources[source] ?? `names from the ${source}`;
}
