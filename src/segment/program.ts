import type { Normalisation } from '../convert/segmentation/image-input.js';
import type { SegmentationGraph } from '../convert/segmentation/segmentation-graph.js';
import { OptionError } from '../core/errors.js';
import { costOf, type GraphCost } from '../graph/cost.js';
import { peakActivationBytes } from '../graph/memory.js';
import { checkSize } from '../image/image.js';
import type { Size } from '../image/index.js';
import { type ModelFile, segmentationGraphOf } from './model-file.js';

/** A model's graph at one input size, and what it costs. */
export interface Program extends SegmentationGraph {
  /** The same for equal input sizes only. */
  readonly key: string;
  readonly cost: GraphCost;
  /** Estimate of the memory that a session takes. */
  readonly sessionBytes: number;
  /** The same between runs, of a session that frees what it worked with. */
  readonly restingBytes: number;
}

/** Input sizes whose graphs are kept: each may hold weights of its own. */
const keptPrograms = 16;

/** Input sizes beyond this many pixels are taken for mistakes. */
const largestInput = 2 ** 26;

/** A model's graphs at the input sizes last asked for. */
export class ProgramCache {
  readonly #file: ModelFile;
  readonly #normalisation: Normalisation;
  /** Least recently used first. */
  readonly #programs = new Map<string, Program>();

  constructor(file: ModelFile, normalisation: Normalisation) {
    this.#file = file;
    this.#normalisation = normalisation;
  }

  /**
   * The graph at an input size.
   *
   * @throws OptionError where the size is none or not the model's own; UnsupportedError where the
   *   file is no segmentation model.
   */
  at(size: Size): Program {
    const key = `${size.width}x${size.height}`;
    const program = this.#programs.get(key) ?? this.#build(key, size);
    this.#programs.delete(key);
    this.#programs.set(key, program);
    const [oldest] = this.#programs.keys();
    if (this.#programs.size > keptPrograms && oldest !== undefined) this.#programs.delete(oldest);
    return program;
  }

  #build(key: string, size: Size): Program {
    checkInputSize(size);
    const built = segmentationGraphOf(this.#file, this.#normalisation, size);
    const cost = costOf(built.graph);
    // ONNX Runtime keeps weights in its own layout beside a copy of those it does not convert.
    const restingBytes = 2 * cost.constantBytes;
    const sessionBytes = restingBytes + peakActivationBytes(built.graph);
    return { ...built, key, cost, sessionBytes, restingBytes };
  }
}

function checkInputSize({ width, height }: Size): void {
  checkSize('input size', width, height);
  if (width * height <= largestInput) return;
  throw new OptionError({
    place: 'input size',
    problem: 'too many pixels for a network',
    expected: `at most ${largestInput}`,
    found: `${width}x${height}`,
  });
}
