import { OptionError } from '../core/errors.js';
import type { LabelMap } from '../image/index.js';
import { BoundaryBands, type BoundaryScore } from './boundary/bands.js';
import { type CellCounts, ConfusionMatrix } from './confusion-matrix.js';
import { scoredClasses } from './scored-classes.js';
import { type Scores, scoresOf } from './scores.js';

/** What is scored, and how. */
export interface ScoringOptions {
  /** Names or indices of the classes to score; pixels of other classes are ignored. */
  readonly classes?: readonly string[];
  /** Widths in pixels of the bands along boundaries that are scored besides, see BoundaryBands. */
  readonly boundary?: readonly number[];
}

/** The classes of a data set and how it marks pixels of none. */
export interface LabelSpace {
  readonly labels: readonly string[];
  readonly ignoreValue: number | undefined;
}

/** What was counted on some pictures, as plain data that can go between processes. */
export interface EvaluationCounts {
  readonly images: number;
  readonly confusion: CellCounts;
  readonly boundary: readonly CellCounts[];
}

/** The result of an evaluation; shares are 0 to 1, NaN where no pixel counts. */
export interface EvaluationReport extends Scores {
  readonly images: number;
  readonly labels: readonly string[];
  /** Pixels by true class (row) and predicted class (column); rows of unscored classes are 0. */
  readonly confusionMatrix: readonly (readonly number[])[];
  readonly boundary: readonly BoundaryScore[];
}

/** Compares label maps with the truth and sums up. */
export class Evaluation {
  readonly labels: readonly string[];
  readonly scored: readonly number[];
  readonly #confusion: ConfusionMatrix;
  readonly #bands: BoundaryBands;
  #images = 0;

  /** @throws OptionError for classes that do not exist and widths that are none. */
  constructor({ labels, ignoreValue }: LabelSpace, options: ScoringOptions = {}) {
    this.labels = labels;
    this.scored = scoredClasses(labels, options.classes, ignoreValue);
    this.#confusion = new ConfusionMatrix(labels.length, ignoreValue);
    this.#bands = new BoundaryBands(options.boundary ?? [], labels.length, ignoreValue);
  }

  /**
   * Counts a picture.
   *
   * @throws OptionError where the maps differ in size or have a value that is no class; the picture
   *   does not count then.
   */
  add(truth: LabelMap, prediction: LabelMap): void {
    this.#confusion.add(truth, prediction);
    this.#bands.add(truth, prediction);
    this.#images++;
  }

  /** Adds what another evaluation of the same classes and bands has counted. */
  merge({ images, confusion, boundary }: EvaluationCounts): void {
    this.#images += images;
    this.#confusion.merge(confusion);
    this.#bands.merge(boundary);
  }

  /** Hands out what has been counted since the last time, and starts from nothing. */
  takeCounts(): EvaluationCounts {
    const images = this.#images;
    this.#images = 0;
    return {
      images,
      confusion: this.#confusion.takeCounts(),
      boundary: this.#bands.takeCounts(),
    };
  }

  /** @throws OptionError where no picture has been counted. */
  report(): EvaluationReport {
    if (this.#images === 0) {
      throw new OptionError({ place: 'evaluation', problem: 'no picture has been evaluated' });
    }
    const scored = new Set(this.scored);
    return {
      images: this.#images,
      labels: this.labels,
      ...scoresOf(this.#confusion, this.labels, this.scored),
      confusionMatrix: this.#confusion
        .rows()
        .map((row, truth) => (scored.has(truth) ? row : row.map(() => 0))),
      boundary: this.#bands.scores(this.labels, this.scored),
    };
  }
}
