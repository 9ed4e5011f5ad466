import { InternalError } from '../../../../core/errors.js';
import { SingleThreadDenseCrf, unaryFromProbabilities } from '../../../../crf/index.js';
import { ListedSource } from '../../../../data/node/listed-source.js';
import { probabilitiesOfScores } from '../../../../segment/picture-scores.js';
import { Evaluation, type EvaluationCounts } from '../../../evaluation.js';
import { pictureError } from '../../picture-error.js';
import { readScores } from '../score-files.js';
import type { TrialJob, TrialSettings } from './protocol.js';

/**
 * Classes that nowhere come near the most probable one are left out, which takes a third of the time
 * away: on five photographs and 21 classes it changed the label of no pixel.
 */
const ignoreBelow = 1e-3;

/** Where parameters of the dense CRF are tried, on the calling thread, with no network at hand. */
export class TrialWorkbench {
  readonly model = undefined;
  readonly #folder: string;
  readonly #source: ListedSource;
  readonly #evaluation: Evaluation;
  readonly #crf = new SingleThreadDenseCrf();

  constructor({ dataset, scoring, folder }: TrialSettings) {
    this.#folder = folder;
    this.#source = new ListedSource(dataset, dataset.format);
    this.#evaluation = new Evaluation(this.#source, scoring);
  }

  /** The counts for each of the parameters. @throws AtrousError whose message names the picture. */
  async try({ index, group }: TrialJob): Promise<readonly EvaluationCounts[]> {
    const id = this.#source.ids[index] ?? `${index}`;
    try {
      const { image, label } = await this.#source.read(index);
      if (label === undefined) throw new InternalError('crf search', 'a picture without labels');
      const scores = await readScores(this.#folder, index);
      const { width, height } = image;
      const data = probabilitiesOfScores(scores);
      const unary = unaryFromProbabilities({ data, classes: scores.classes, height, width });
      const counts: EvaluationCounts[] = [];
      // One after the other: a result is dropped before the next is made.
      for (const { labels } of this.#crf.runEach(image, unary, group, { ignoreBelow })) {
        this.#evaluation.add(label, labels);
        counts.push(this.#evaluation.takeCounts());
      }
      return counts;
    } catch (error) {
      this.#evaluation.takeCounts();
      throw pictureError(id, error);
    }
  }

  async close(): Promise<void> {
    this.#crf.close();
  }
}
