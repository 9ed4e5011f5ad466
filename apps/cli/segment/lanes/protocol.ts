import type { CrfParameters } from '../../../../src/crf/parameters.js';
import type { Fit, Size } from '../../../../src/image/index.js';
import type { Device } from '../../../../src/runtime/index.js';
import type { TileOptions } from '../../../../src/segment/tiles.js';
import type { OutputKind } from '../outputs.js';

/** How a lane works, the same for all of its pictures. */
export interface LaneSettings {
  readonly model: string;
  readonly labels?: readonly string[];
  readonly fit?: Fit;
  readonly size?: Size;
  readonly outputStride?: number;
  /** Average over these scales of the input. */
  readonly scales?: readonly number[];
  /** Average over mirrored pictures too. */
  readonly flip?: boolean;
  /** Cut large pictures into tiles, each of which labels its own half of an overlap. */
  readonly tile?: TileOptions | true;
  /** Refine the results by a dense CRF. */
  readonly crf?: CrfParameters;
  readonly maxPixels?: number;
  readonly device: Device;
  /** Threads for the network, for the dense CRF, and for the image library. */
  readonly threads: number;
  /** Tells the partial files of this run from those of others. */
  readonly run: number;
}

/** A picture to segment, and the files to write. */
export interface PictureJob {
  /** What reports and errors call the picture. */
  readonly image: string;
  /** The picture's bytes, where it is no file. */
  readonly bytes?: Uint8Array;
  /** Paths of the outputs to make. */
  readonly files: Readonly<Partial<Record<OutputKind, string>>>;
}

/** What is known of the model once it is open. */
export interface OpenModel {
  readonly file: string;
  readonly labels: readonly string[];
  readonly labelSource: string;
  readonly inputSize: Size;
  readonly givesProbabilities: boolean;
}
