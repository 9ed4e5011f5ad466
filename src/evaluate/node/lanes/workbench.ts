import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, OutputError } from '../../../core/errors.js';
import type { DatasetSource } from '../../../data/dataset-source.js';
import { ListedSource } from '../../../data/node/listed-source.js';
import type { LabelMap } from '../../../image/index.js';
import { Segmenter } from '../../../segment/node/segmenter.js';
import { Evaluation } from '../../evaluation.js';
import { pictureError } from '../picture-error.js';
import { encodeSubmission, submissionFile } from '../submission.js';
import type { LaneSettings, OpenModel, PictureCounts } from './protocol.js';

/**
 * Where pictures of a data set are evaluated: read, segmented, compared with the truth, and written
 * where wanted; one picture at a time, so that no more than one is in memory.
 */
export class Workbench {
  readonly model: OpenModel;
  readonly #settings: LaneSettings;
  readonly #source: DatasetSource;
  readonly #segmenter: Segmenter;
  readonly #evaluation: Evaluation;
  readonly #beforeCrf: Evaluation;

  private constructor(settings: LaneSettings, source: DatasetSource, segmenter: Segmenter) {
    this.#settings = settings;
    this.#source = source;
    this.#segmenter = segmenter;
    this.#evaluation = new Evaluation(source, settings.scoring);
    this.#beforeCrf = new Evaluation(source, settings.scoring);
    const { output } = segmenter.describe();
    this.model = {
      labels: segmenter.labels,
      classes: output.kind === 'scores' ? output.classes : undefined,
      inputSize: segmenter.inputSize,
    };
  }

  /** Opens the model. @throws as `Segmenter.load`, `Segmenter.check` and `Evaluation` do */
  static async open(settings: LaneSettings): Promise<Workbench> {
    const source = new ListedSource(settings.dataset, settings.dataset.format);
    const segmenter = await Segmenter.load(settings.model, { ...settings.load, worker: false });
    try {
      segmenter.check(settings.segment);
      await segmenter.warmUp(settings.segment);
      return new Workbench(settings, source, segmenter);
    } catch (error) {
      await segmenter.dispose();
      throw error;
    }
  }

  /** Evaluates a picture. @throws AtrousError whose message names it. */
  async evaluate(index: number): Promise<PictureCounts> {
    const id = this.#source.ids[index] ?? `${index}`;
    try {
      const { image, label } = await this.#source.read(index);
      const { width, height, labelMap, labelMapBeforeCrf } = await this.#segmenter.segment(
        image,
        this.#settings.segment,
      );
      const prediction = { width, height, data: labelMap };
      if (label !== undefined) {
        this.#evaluation.add(label, prediction);
        if (labelMapBeforeCrf !== undefined) {
          this.#beforeCrf.add(label, { width, height, data: labelMapBeforeCrf });
        }
      }
      await this.#write(id, prediction);
      const beforeCrf = labelMapBeforeCrf === undefined ? undefined : this.#beforeCrf.takeCounts();
      return { counts: this.#evaluation.takeCounts(), beforeCrf };
    } catch (error) {
      this.#evaluation.takeCounts();
      this.#beforeCrf.takeCounts();
      throw pictureError(id, error);
    }
  }

  async close(): Promise<void> {
    await this.#segmenter.dispose();
  }

  async #write(id: string, prediction: LabelMap): Promise<void> {
    const { predictions } = this.#settings;
    if (predictions === undefined) return;
    const data = await encodeSubmission(predictions.format, prediction);
    writeWhole(join(predictions.folder, submissionFile(predictions.format, id)), data);
  }
}

/** Writes a file beside its place and then gives it its name, in one go for the event loop. */
function writeWhole(path: string, data: Uint8Array): void {
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  try {
    writeFileSync(partial, data);
    renameSync(partial, path);
  } catch (cause) {
    rmSync(partial, { force: true });
    throw new OutputError({ place: path, problem: `not written: ${messageOf(cause)}`, cause });
  }
}
