import type { Sidecar } from '../catalog/index.js';
import { lower } from '../convert/lowering/lower.js';
import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import type { Normalisation } from '../convert/segmentation/image-input.js';
import { pixelInputName } from '../convert/segmentation/image-input.js';
import type { SegmentationGraph } from '../convert/segmentation/segmentation-graph.js';
import { InternalError, OptionError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { CrfMemoryError, SingleThreadDenseCrf } from '../crf/index.js';
import { writeOnnx } from '../formats/onnx/index.js';
import type { GraphCost } from '../graph/cost.js';
import { type Fit, type RgbImage, resizeImage, rgbImage, type Size } from '../image/index.js';
import { type Runtime, type Session, SessionCache, type SessionOptions } from '../runtime/index.js';
import { type ClassNames, nameClasses } from './class-names.js';
import {
  type CrfComputer,
  type CrfSettings,
  checkRefinement,
  crfSettingsOf,
  refine,
} from './crf-refinement.js';
import { enlarge, readRefinable, refinedSize, sameSize, smallerSize } from './large-refinement.js';
import { type ModelFile, normalisationOf, usualSize } from './model-file.js';
import type { PictureScores } from './picture-scores.js';
import { type Program, ProgramCache } from './program.js';
import {
  checkReading,
  type Network,
  type ReadOptions,
  readPicture,
  readScores,
  type Stopwatch,
} from './read-picture.js';
import type { ReadResult } from './read-result.js';
import { Segmentation } from './segmentation.js';
import type { TileOptions } from './tiles.js';
import { scaledSizes, type ViewOptions } from './views.js';

/** How a segmenter runs and reads its pictures. */
export interface SegmenterOptions extends SessionOptions {
  /** How pictures are fitted to the input; `pad` keeps their aspect. */
  readonly fit?: Fit;
  /** Input size, for models that leave it open. */
  readonly size?: Size;
  /** Class names, where neither the file nor its sidecar has any. */
  readonly labels?: readonly string[];
  /** Bytes that sessions for different input sizes may take together; 1 GiB unless told. */
  readonly cacheBytes?: number;
}

/** How a picture is brought to the network, and how often. */
export interface ScoreOptions extends ViewOptions {
  readonly fit?: Fit;
  readonly size?: Size;
}

/** What can differ from picture to picture. */
export interface SegmentOptions extends ScoreOptions {
  /**
   * Cut pictures larger than the input into overlapping tiles, which are segmented one by one at
   * the picture's own scale, instead of shrinking them.
   */
  readonly tile?: TileOptions | boolean;
  /** Also give the probability of every class at every pixel: 4 bytes x classes x pixels. */
  readonly probabilities?: boolean;
  /**
   * Refine the result by a fully connected CRF, which draws the classes' edges along those of the
   * picture: with the published parameters, or with some of them changed. See `denseCrf`.
   *
   * It works at the picture's own size. Pictures that would take more than `memoryLimit`, with 21
   * classes those of more than about 3.5 megapixels, are refined at a smaller size, and the result
   * is scaled up.
   */
  readonly crf?: CrfSettings | boolean;
}

/** A segmentation model with all it takes to run it. */
export interface SegmenterParts {
  readonly file: ModelFile;
  readonly sidecar: Sidecar | undefined;
  readonly runtime: Runtime;
  /** Closed with the segmenter; the calling thread unless told. */
  readonly crf?: CrfComputer;
}

const defaultCacheBytes = 2 ** 30;

/**
 * Assigns a class to every pixel of a picture.
 *
 * Free of platform APIs: `Source` is what the platform's decoder takes besides decoded pictures.
 */
export class BaseSegmenter<Source> {
  readonly file: ModelFile;
  readonly classes: ClassNames;
  readonly normalisation: Normalisation;
  readonly #options: SegmenterOptions;
  readonly #runtime: Runtime;
  readonly #decode: (source: Source) => Promise<RgbImage>;
  readonly #defaultSize: Size;
  readonly #defaultFit: Fit;
  readonly #sessions: SessionCache;
  readonly #programs: ProgramCache;
  readonly #network: Network;
  readonly #crf: CrfComputer;
  readonly #underWay = new Set<Promise<unknown>>();
  #disposed = false;

  /** @throws UnsupportedError where the file is no segmentation model. */
  constructor(
    { file, sidecar, runtime, crf = new SingleThreadDenseCrf() }: SegmenterParts,
    decode: (source: Source) => Promise<RgbImage>,
    options: SegmenterOptions = {},
  ) {
    this.file = file;
    this.#runtime = runtime;
    this.#crf = crf;
    this.#decode = decode;
    this.#options = options;
    this.normalisation = normalisationOf(file, sidecar);
    this.#programs = new ProgramCache(file, this.normalisation);
    this.#network = {
      file,
      padValue: this.normalisation.mean,
      program: (size) => this.#programs.at(size),
      run: (program, pixels, size) =>
        this.#useSession(program, (session) => runOn(session, pixels, size)),
    };
    const told = sidecar?.size ?? file.description.sidecar?.size;
    const open = told === undefined ? usualSize : { width: told[0], height: told[1] };
    this.#defaultSize = options.size ?? file.fixedSize ?? open;
    this.#defaultFit = options.fit ?? sidecar?.fit ?? file.description.sidecar?.fit ?? 'pad';
    this.#sessions = new SessionCache(options.cacheBytes ?? defaultCacheBytes);
    const { output } = this.#programs.at(this.#defaultSize);
    const count = output.kind === 'scores' ? output.classes : undefined;
    this.classes = nameClasses(file, count, sidecar, options.labels);
  }

  /** Class names in the order of the class indices. */
  get labels(): readonly string[] {
    return this.classes.labels;
  }

  /** Input size that pictures are fitted to unless told otherwise. */
  get inputSize(): Size {
    return this.#defaultSize;
  }

  /** How pictures are fitted to the input unless told otherwise. */
  get fit(): Fit {
    return this.#defaultFit;
  }

  /** The graph that runs at an input size, and what it costs. */
  describe(size: Size = this.#defaultSize): SegmentationGraph & { readonly cost: GraphCost } {
    return this.#programs.at(size);
  }

  /**
   * Opens the session of the first scale beforehand, so that the first picture does not wait for
   * it, and a device that fails is noticed.
   */
  async warmUp({ size = this.#defaultSize, scales }: ScoreOptions = {}): Promise<void> {
    const [first = size] = scaledSizes(this.file, size, scales);
    await this.#work(() => this.#useSession(this.#programs.at(first), async () => {}));
  }

  /**
   * Makes sure that pictures can be segmented with some options, before any is there.
   *
   * @throws OptionError for a size, a scale, tiles or a CRF that cannot be had.
   */
  check(options: SegmentOptions): void {
    this.#checked(options);
  }

  /**
   * Segments a picture.
   *
   * @throws FormatError where the picture cannot be decoded; OptionError for a size, a scale, tiles
   *   or a CRF that cannot be had and for a disposed segmenter; DeviceError where the network or a
   *   thread fails.
   */
  segment(source: Source | RgbImage, options: SegmentOptions = {}): Promise<Segmentation> {
    return this.#work(() => this.#segment(source, options));
  }

  /**
   * What the network gives for a picture before it is brought to the picture's size, for those who
   * keep it or read it more than once.
   *
   * @throws as `segment`, and OptionError for a model that gives class indices.
   */
  scores(source: Source | RgbImage, options: ScoreOptions = {}): Promise<PictureScores> {
    return this.#work(async () => {
      const reading = this.#reading(options);
      checkReading(this.#network, reading);
      const image = await this.#imageOf(source);
      return readScores(this.#network, image, reading, { preprocess: 0, network: 0, labelMap: 0 });
    });
  }

  /** Frees the sessions once the pictures under way are done; the segmenter is of no use then. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all(this.#underWay);
    await this.#sessions.dispose();
    await this.#crf.close();
  }

  async #segment(source: Source | RgbImage, options: SegmentOptions): Promise<Segmentation> {
    const { reading, crf } = this.#checked(options);
    const start = performance.now();
    const image = await this.#imageOf(source);
    const decode = performance.now() - start;
    const timings = { decode, preprocess: 0, network: 0, labelMap: 0, crf: 0 };
    const parts = { image, names: this.classes, timings };
    if (crf === undefined) {
      const read = await readPicture(this.#network, image, reading, timings);
      return new Segmentation({ ...parts, ...read });
    }
    const { before, after } = await this.#refined(image, reading, crf, timings);
    return new Segmentation({ ...parts, ...after, mapBeforeCrf: before });
  }

  /**
   * A picture read and refined, at its own size or, where that takes too much memory, at a smaller
   * one, from which the result is brought back.
   */
  async #refined(
    image: RgbImage,
    reading: ReadOptions,
    crf: CrfSettings,
    timings: Stopwatch & { crf: number },
  ) {
    const { map, probabilitiesAt } = await readRefinable(this.#network, image, reading, timings);
    const start = performance.now();
    const refineAt = async (size: Size): Promise<ReadResult> => {
      const isWhole = sameSize(size, image);
      const input = isWhole ? image : resizeImage(image, size.width, size.height);
      const refined = await refine(this.#crf, input, probabilitiesAt(size), crf);
      if (!isWhole) return enlarge(refined, image, reading.probabilities);
      return reading.probabilities ? refined : { ...refined, probabilities: undefined };
    };
    let size = refinedSize(image, this.classes.labels.length, crf.memoryLimit);
    let refusal: CrfMemoryError | undefined;
    for (;;) {
      try {
        const after = await refineAt(size);
        timings.crf = performance.now() - start;
        return { before: map, after };
      } catch (error) {
        if (!(error instanceof CrfMemoryError)) throw error;
        refusal ??= error;
        const smaller = smallerSize(size, error, crf.memoryLimit);
        if (smaller === undefined) throw refusal;
        size = smaller;
      }
    }
  }

  async #imageOf(source: Source | RgbImage): Promise<RgbImage> {
    return isRgbImage(source) ? checkedImage(source) : this.#decode(source);
  }

  /** @throws as `check` */
  #checked(options: SegmentOptions) {
    const crf = crfSettingsOf(options.crf);
    const reading = this.#reading(options);
    checkReading(this.#network, reading);
    if (crf === undefined) return { reading, crf };
    checkRefinement(crf, this.#network.program(reading.size).output, this.file.name);
    return { reading, crf };
  }

  #reading(options: SegmentOptions): ReadOptions {
    return {
      ...options,
      size: options.size ?? this.#defaultSize,
      fit: options.fit ?? this.#defaultFit,
      probabilities: options.probabilities === true,
    };
  }

  /** Does work that `dispose` waits for. */
  async #work<T>(task: () => Promise<T>): Promise<T> {
    if (this.#disposed) {
      throw new OptionError({ place: 'segmenter', problem: 'it has been disposed' });
    }
    const result = task();
    const settled: Promise<unknown> = result.then(
      () => this.#underWay.delete(settled),
      () => this.#underWay.delete(settled),
    );
    this.#underWay.add(settled);
    return result;
  }

  /**
   * Sessions of other input sizes than the usual one, such as those of several scales, free what
   * they worked with: however many there are, they take their weights alone.
   */
  #useSession<T>(program: Program, work: (session: Session) => Promise<T>): Promise<T> {
    const isUsual = sameSize(program.input, this.#defaultSize);
    const source = {
      bytes: isUsual ? program.sessionBytes : program.restingBytes,
      open: async () => {
        const lowered = await lower(program.graph, this.#runtime, this.#options);
        return this.#runtime.open(writeOnnx(graphToOnnx(lowered)), {
          ...this.#options,
          workingMemory: isUsual ? 'kept' : 'freed',
        });
      },
    };
    return this.#sessions.use(program.key, source, work);
  }
}

async function runOn(
  session: Session,
  pixels: Uint8Array | Float32Array,
  size: Size,
): Promise<Tensor> {
  const shape = [1, size.height, size.width, 3];
  const feed: Tensor =
    pixels instanceof Uint8Array
      ? { dtype: 'uint8', shape, data: pixels }
      : { dtype: 'float32', shape, data: pixels };
  const [output] = Object.values(
    await session.run({ [pixelInputName]: feed }, undefined, { transfer: [pixelInputName] }),
  );
  if (output === undefined) throw new InternalError('segment', 'the network gave nothing');
  return output;
}

function checkedImage({ width, height, data }: RgbImage): RgbImage {
  return rgbImage(width, height, data);
}

function isRgbImage(source: unknown): source is RgbImage {
  return (
    typeof source === 'object' &&
    source !== null &&
    'data' in source &&
    'width' in source &&
    'height' in source
  );
}
