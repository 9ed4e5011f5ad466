import { InternalError } from '../../../../core/errors.js';
import { ListedSource } from '../../../../data/node/listed-source.js';
import { Segmenter } from '../../../../segment/node/segmenter.js';
import { labelsOfScores } from '../../../../segment/picture-scores.js';
import { Evaluation, type EvaluationCounts } from '../../../evaluation.js';
import type { OpenModel } from '../../lanes/protocol.js';
import { pictureError } from '../../picture-error.js';
import { writeScores } from '../score-files.js';
import type { ScoringSettings } from './protocol.js';

/** Where a network looks at pictures once, whose scores are kept for the trials of a search. */
export class ScoringWorkbench {
  readonly model: OpenModel;
  readonly #settings: ScoringSettings;
  readonly #source: ListedSource;
  readonly #segmenter: Segmenter;
  readonly #evaluation: Evaluation;

  private constructor(settings: ScoringSettings, source: ListedSource, segmenter: Segmenter) {
    this.#settings = settings;
    this.#source = source;
    this.#segmenter = segmenter;
    this.#evaluation = new Evaluation(source, settings.scoring);
    const { labels, inputSize } = segmenter;
    this.model = { labels, classes: labels.length, inputSize };
  }

  /** Opens the model. @throws as `Segmenter.load` and `Segmenter.check` do */
  static async open(settings: ScoringSettings): Promise<ScoringWorkbench> {
    const source = new ListedSource(settings.dataset, settings.dataset.format);
    const segmenter = await Segmenter.load(settings.model, { ...settings.load, worker: false });
    try {
      segmenter.check({ ...settings.views, crf: true });
      await segmenter.warmUp(settings.views);
      return new ScoringWorkbench(settings, source, segmenter);
    } catch (error) {
      await segmenter.dispose();
      throw error;
    }
  }

  /**
   * Keeps the scores of a picture.
   *
   * @returns what counts of the labels that they give by themselves.
   * @throws AtrousError whose message names the picture.
   */
  async score(index: number): Promise<EvaluationCounts> {
    const id = this.#source.ids[index] ?? `${index}`;
    try {
      const { image, label } = await this.#source.read(index);
      if (label === undefined) throw new InternalError('crf search', 'a picture without labels');
      const scores = await this.#segmenter.scores(image, this.#settings.views);
      this.#evaluation.add(label, labelsOfScores(scores));
      await writeScores(this.#settings.folder, index, scores);
    } catch (error) {
      this.#evaluation.takeCounts();
      throw pictureError(id, error);
    }
    return this.#evaluation.takeCounts();
  }

  async close(): Promise<void> {
    await this.#segmenter.dispose();
  }
}
