import { resolve } from 'node:path';
import { builtInModel } from '../../../src/catalog/index.js';
import type { CrfParameters } from '../../../src/crf/parameters.js';
import type { Fit, Size } from '../../../src/image/index.js';
import type { Device } from '../../../src/runtime/index.js';
import type { TileOptions } from '../../../src/segment/tiles.js';
import { parameterText } from '../crf/parameter-names.js';
import type { OutputKind } from './outputs.js';

/** A run of `atrous segment`, its options checked and completed. */
export interface SegmentSettings {
  readonly model: string;
  readonly outputFolder: string;
  readonly save: readonly OutputKind[];
  /** The file that `labels` were read from. */
  readonly labelsFile?: string;
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
  readonly device: Device;
  readonly threads: number;
  readonly maxPixels?: number;
  readonly force: boolean;
  readonly json: boolean;
}

/**
 * What makes two commands identical for a picture: all that shapes the content of its outputs, and
 * nothing that only decides which of them are made, how fast, or what is printed.
 */
export interface CommandIdentity {
  readonly model: string;
  readonly labels?: string;
  readonly fit?: Fit;
  readonly size?: string;
  readonly outputStride?: string;
  readonly scales?: string;
  readonly flip?: 'yes';
  readonly tile?: string;
  readonly crf?: string;
  readonly device: Device;
}

/** The identity of a run's command; paths are absolute, so that the current folder is no part. */
export function identityOf(settings: SegmentSettings): CommandIdentity {
  const { model, labelsFile, fit, size, outputStride, crf, device } = settings;
  const { scales, flip, tile } = settings;
  return {
    model: builtInModel(model) === undefined ? resolve(model) : model,
    ...(labelsFile === undefined ? {} : { labels: resolve(labelsFile) }),
    ...(fit === undefined ? {} : { fit }),
    ...(size === undefined ? {} : { size: `${size.width}x${size.height}` }),
    ...(outputStride === undefined ? {} : { outputStride: `${outputStride}` }),
    ...(scales === undefined ? {} : { scales: scales.join(',') }),
    ...(flip === true ? { flip: 'yes' } : {}),
    ...(tile === undefined ? {} : { tile: tile === true ? 'usual' : `${tile.overlap}` }),
    ...(crf === undefined ? {} : { crf: parameterText(crf) }),
    device,
  };
}
