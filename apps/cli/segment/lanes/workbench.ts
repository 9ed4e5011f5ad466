import sharp from 'sharp';
import { AtrousError, messageOf } from '../../../../src/core/errors.js';
import { encodeNpy } from '../../../../src/formats/npy/index.js';
import { addLegend, type TextRasteriser } from '../../../../src/image/index.js';
import {
  disableImageCache,
  encodeMaskPng,
  encodeOverlayPng,
  sharpTextRasteriser,
} from '../../../../src/image/node/index.js';
import { Segmenter } from '../../../../src/segment/node/segmenter.js';
import type { Segmentation } from '../../../../src/segment/segmentation.js';
import type { SegmentOptions } from '../../../../src/segment/segmenter.js';
import { namedParameters } from '../../crf/parameter-names.js';
import { type FileContent, writeTogether } from '../atomic-files.js';
import type { PictureReport } from '../report.js';
import type { LaneSettings, OpenModel, PictureJob } from './protocol.js';

/**
 * Where a picture becomes files: decode, network, label map, overlay, PNGs, writing; one picture at
 * a time, so that no more than one is in memory.
 */
export class Workbench {
  readonly model: OpenModel;
  readonly #settings: LaneSettings;
  readonly #segmenter: Segmenter;
  readonly #rasterise: TextRasteriser = sharpTextRasteriser();

  private constructor(settings: LaneSettings, segmenter: Segmenter) {
    this.#settings = settings;
    this.#segmenter = segmenter;
    const { classes, inputSize } = segmenter;
    this.model = {
      file: settings.model,
      labels: classes.labels,
      labelSource: classes.source,
      inputSize,
      givesProbabilities: segmenter.describe().output.kind === 'scores',
    };
  }

  /** Opens the model, ready to run. @throws as `Segmenter.load` */
  static async open(settings: LaneSettings): Promise<Workbench> {
    sharp.concurrency(settings.threads);
    disableImageCache();
    const segmenter = await Segmenter.load(settings.model, {
      ...settings,
      worker: false,
      name: 'stdin',
    });
    try {
      segmenter.check(segmentOptions(settings));
      await segmenter.warmUp(settings);
      return new Workbench(settings, segmenter);
    } catch (error) {
      await segmenter.dispose();
      throw error;
    }
  }

  /** Segments a picture and writes its files. @throws Error whose message begins with its place. */
  async segment(job: PictureJob): Promise<PictureReport> {
    try {
      return await this.#segment(job);
    } catch (error) {
      const places = [job.image, ...Object.values(job.files)];
      if (error instanceof AtrousError && places.includes(error.place)) throw error;
      throw new Error(`${job.image}: ${messageOf(error)}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#segmenter.dispose();
  }

  async #segment({ image, bytes, files }: PictureJob): Promise<PictureReport> {
    const { crf, scales, flip, tile } = this.#settings;
    const segmentation = await this.#segmenter.segment(bytes ?? image, {
      ...segmentOptions(this.#settings),
      probabilities: files.probabilities !== undefined,
    });
    const start = performance.now();
    const overlay = files.overlay === undefined ? undefined : await this.#overlay(segmentation);
    const drawn = performance.now();
    const contents: FileContent[] = [];
    if (files.overlay !== undefined && overlay !== undefined) {
      contents.push({ path: files.overlay, data: await encodeOverlayPng(overlay) });
    }
    if (files.mask !== undefined) {
      const { palette, ...labels } = segmentation.mask();
      contents.push({ path: files.mask, data: await encodeMaskPng(labels, palette) });
    }
    if (files.probabilities !== undefined) {
      contents.push({ path: files.probabilities, data: npyOf(segmentation) });
    }
    const encoded = performance.now();
    const { decode, preprocess, network, labelMap, crf: refining } = segmentation.timings;
    const report: PictureReport = {
      image,
      width: segmentation.width,
      height: segmentation.height,
      model: this.model.file,
      labelSource: this.model.labelSource,
      labels: this.model.labels,
      ...(scales === undefined ? {} : { scales }),
      ...(flip === true ? { flip } : {}),
      ...(tile === undefined ? {} : { tile }),
      ...(crf === undefined ? {} : { crf: namedParameters(crf) }),
      classes: segmentation.classes,
      timings: {
        decodeMs: microseconds(decode),
        preprocessMs: microseconds(preprocess),
        networkMs: microseconds(network),
        labelMapMs: microseconds(labelMap),
        ...(crf === undefined ? {} : { crfMs: microseconds(refining) }),
        overlayMs: microseconds(drawn - start),
        encodeMs: microseconds(encoded - drawn),
      },
      files,
    };
    if (files.json !== undefined) {
      contents.push({ path: files.json, data: `${JSON.stringify(report, undefined, 2)}\n` });
    }
    const writing = performance.now();
    writeTogether(contents, this.#settings.run);
    const writeMs = microseconds(performance.now() - writing);
    return { ...report, timings: { ...report.timings, writeMs } };
  }

  #overlay(segmentation: Segmentation) {
    return addLegend(segmentation.overlay(), segmentation.legend(), this.#rasterise);
  }
}

function segmentOptions({ scales, flip, tile, crf }: LaneSettings): SegmentOptions {
  return {
    ...(scales === undefined ? {} : { scales }),
    ...(flip === undefined ? {} : { flip }),
    ...(tile === undefined ? {} : { tile }),
    ...(crf === undefined ? {} : { crf }),
  };
}

function npyOf({ probabilities, labels, width, height }: Segmentation): Uint8Array {
  const data = probabilities ?? new Float32Array(0);
  return encodeNpy({ dtype: 'float32', shape: [labels.length, height, width], data });
}

/** Milliseconds without digits that were not measured. */
function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
