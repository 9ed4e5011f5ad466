import { OptionError } from '../core/errors.js';
import type { LabelMap } from '../image/index.js';

/** Counts of some cells of a confusion matrix: small, and plain data that can go between processes. */
export interface CellCounts {
  /** truth · classes + prediction. */
  readonly cells: Uint32Array;
  readonly counts: Float64Array;
}

/** More classes would make the matrix itself larger than memory is worth. */
const mostClasses = 4096;

/**
 * Pixels by true class and predicted class, as exact whole numbers.
 *
 * Pixels whose truth is the ignore value are not counted.
 */
export class ConfusionMatrix {
  readonly classes: number;
  readonly ignoreValue: number | undefined;
  /** Row by row: `counts[truth * classes + prediction]`. */
  readonly counts: Float64Array;

  /** @throws OptionError where the number of classes is none. */
  constructor(classes: number, ignoreValue?: number) {
    if (!(Number.isInteger(classes) && classes >= 1 && classes <= mostClasses)) {
      throw new OptionError({
        place: 'confusion matrix',
        problem: 'not a number of classes',
        expected: `1 to ${mostClasses}`,
        found: `${classes}`,
      });
    }
    this.classes = classes;
    this.ignoreValue = ignoreValue;
    this.counts = new Float64Array(classes * classes);
  }

  /** Number of pixels of class `truth` that were predicted to be of class `prediction`. */
  at(truth: number, prediction: number): number {
    return this.counts[truth * this.classes + prediction] ?? 0;
  }

  /** Number of pixels counted. */
  get pixels(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * Counts the pixels of a label map and its prediction.
   *
   * Label maps are long runs of one class, so that pixels are compared four at a time with the run
   * they may belong to: about 1 ms a megapixel on photographs.
   *
   * @throws OptionError where the sizes differ, or where a pixel is of no class; nothing of the
   *   maps is counted then.
   */
  add(truth: LabelMap, prediction: LabelMap): void {
    checkSizes(truth, prediction);
    const tally = new RunTally(this);
    const a = truth.data;
    const b = prediction.data;
    if (a instanceof Uint8Array && b instanceof Uint8Array)
      countBytes(aligned(a), aligned(b), tally);
    else countRuns(a, b, 0, a.length, { truth: -1, prediction: -1, start: 0 }, tally);
    tally.commit();
  }

  /** Adds the counts of another matrix, or of some cells. */
  merge({ cells, counts }: CellCounts): void {
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as number;
      this.counts[cell] = (this.counts[cell] as number) + (counts[i] as number);
    }
  }

  /** The cells that are not zero. */
  cellCounts(): CellCounts {
    const cells = Uint32Array.from(this.counts.keys()).filter((cell) => this.counts[cell] !== 0);
    return { cells, counts: Float64Array.from(cells, (cell) => this.counts[cell] as number) };
  }

  /** Hands out the cells that are not zero, and starts from nothing. */
  takeCounts(): CellCounts {
    const taken = this.cellCounts();
    this.counts.fill(0);
    return taken;
  }

  /** The matrix as a list of rows, one for each true class. */
  rows(): readonly (readonly number[])[] {
    return Array.from({ length: this.classes }, (_, truth) =>
      Array.from(this.counts.subarray(truth * this.classes, (truth + 1) * this.classes)),
    );
  }
}

/** Counts runs of one map aside, so that a map that turns out to be bad leaves no trace. */
class RunTally {
  readonly #matrix: ConfusionMatrix;
  readonly #counts: Float64Array;

  constructor(matrix: ConfusionMatrix) {
    this.#matrix = matrix;
    this.#counts = new Float64Array(matrix.counts.length);
  }

  /** Counts `length` pixels of one truth and one prediction. */
  add(truth: number, prediction: number, length: number): void {
    const { classes, ignoreValue } = this.#matrix;
    if (truth === ignoreValue || length === 0) return;
    if (truth >= classes) throw unknownClass('truth', truth, this.#matrix);
    if (prediction >= classes) throw unknownClass('prediction', prediction, this.#matrix);
    const cell = truth * classes + prediction;
    this.#counts[cell] = (this.#counts[cell] as number) + length;
  }

  commit(): void {
    const { counts } = this.#matrix;
    for (let cell = 0; cell < counts.length; cell++) {
      counts[cell] = (counts[cell] as number) + (this.#counts[cell] as number);
    }
  }
}

/** A run of pixels of one truth and one prediction that may go on. */
interface OpenRun {
  truth: number;
  prediction: number;
  start: number;
}

function countBytes(truth: Uint8Array, prediction: Uint8Array, tally: RunTally): void {
  const words = truth.length >> 2;
  const truthWords = new Int32Array(truth.buffer, truth.byteOffset, words);
  const predictionWords = new Int32Array(prediction.buffer, prediction.byteOffset, words);
  const run: OpenRun = { truth: -1, prediction: -1, start: 0 };
  let truthWord = 0;
  let predictionWord = 0;
  for (let word = 0; word < words; word++) {
    const same =
      truthWords[word] === truthWord && predictionWords[word] === predictionWord && word > 0;
    if (same) continue;
    countRuns(truth, prediction, word * 4, word * 4 + 4, run, tally, false);
    // Four bytes of the run's class: what the next word is if the run goes on.
    truthWord = Math.imul(run.truth, 0x01010101);
    predictionWord = Math.imul(run.prediction, 0x01010101);
  }
  countRuns(truth, prediction, words * 4, truth.length, run, tally);
}

/** Goes on from `run` through pixels `from` up to `end`; the last run is counted unless it stays open. */
function countRuns(
  truth: Uint8Array | Uint16Array,
  prediction: Uint8Array | Uint16Array,
  from: number,
  end: number,
  run: OpenRun,
  tally: RunTally,
  last = true,
): void {
  for (let pixel = from; pixel < end; pixel++) {
    const a = truth[pixel] as number;
    const b = prediction[pixel] as number;
    if (a === run.truth && b === run.prediction) continue;
    tally.add(run.truth, run.prediction, pixel - run.start);
    run.truth = a;
    run.prediction = b;
    run.start = pixel;
  }
  if (last) tally.add(run.truth, run.prediction, end - run.start);
}

/** The same bytes where four of them can be read as a word. */
function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
}

function checkSizes(truth: LabelMap, prediction: LabelMap): void {
  const fits = ({ width, height, data }: LabelMap) => data.length === width * height;
  if (
    truth.width === prediction.width &&
    truth.height === prediction.height &&
    fits(truth) &&
    fits(prediction)
  ) {
    return;
  }
  throw new OptionError({
    place: 'confusion matrix',
    problem: 'truth and prediction differ in size',
    expected: `${truth.width}x${truth.height}, ${truth.data.length} pixels`,
    found: `${prediction.width}x${prediction.height}, ${prediction.data.length} pixels`,
  });
}

function unknownClass(
  place: string,
  label: number,
  { classes, ignoreValue }: ConfusionMatrix,
): OptionError {
  const ignored = ignoreValue === undefined ? '' : `, or ${ignoreValue} to ignore a pixel`;
  return new OptionError({
    place,
    problem: 'a label map has a value that is no class',
    expected: `0 to ${classes - 1}${place === 'truth' ? ignored : ''}`,
    found: `${label}`,
  });
}
