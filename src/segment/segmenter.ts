import type { Sidecar } from '../catalog/index.js';
import { lower } from '../convert/lowering/lower.js';
import { graphToOnnx } from '../convert/onnx/graph-to-onnx.js';
import type { Normalisation } from '../convert/segmentation/image-input.js';
import { pixelInputName } from '../convert/segmentation/image-input.js';
import type { SegmentationGraph } from '../convert/segmentation/segmentation-graph.js';
import { InternalError, OptionError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { writeOnnx } from '../formats/onnx/index.js';
import { costOf, type GraphCost } from '../graph/cost.js';
import { peakActivationBytes } from '../graph/memory.js';
import { type Fit, fitImage, type LabelMap, type RgbImage, type Size } from '../image/index.js';
import { type Runtime, type Session, SessionCache, type SessionOptions } from '../runtime/index.js';
import { type ClassNames, nameClasses } from './class-names.js';
import { pictureSamples } from './label-map/coordinates.js';
import { labelMap } from './label-map/label-map.js';
import { probabilities } from './label-map/probabilities.js';
import { resampleLabels } from './label-map/resample-labels.js';
import { type ModelFile, normalisationOf, segmentationGraphOf, usualSize } from './model-file.js';
import { Segmentation } from './segmentation.js';

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

/** What can differ from picture to picture. */
export interface SegmentOptions {
  readonly fit?: Fit;
  readonly size?: Size;
  /** Also give the probability of every class at every pixel: 4 bytes x classes x pixels. */
  readonly probabilities?: boolean;
}

/** A segmentation model with all it takes to run it. */
export interface SegmenterParts {
  readonly file: ModelFile;
  readonly sidecar: Sidecar | undefined;
  readonly runtime: Runtime;
}

/** A graph at one input size, and what it costs. */
interface Program extends SegmentationGraph {
  readonly cost: GraphCost;
  readonly sessionBytes: number;
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
  readonly #programs = new Map<string, Program>();

  /** @throws UnsupportedError where the file is no segmentation model. */
  constructor(
    { file, sidecar, runtime }: SegmenterParts,
    decode: (source: Source) => Promise<RgbImage>,
    options: SegmenterOptions = {},
  ) {
    this.file = file;
    this.#runtime = runtime;
    this.#decode = decode;
    this.#options = options;
    this.normalisation = normalisationOf(file, sidecar);
    const told = sidecar?.size ?? file.description.sidecar?.size;
    const open = told === undefined ? usualSize : { width: told[0], height: told[1] };
    this.#defaultSize = options.size ?? file.fixedSize ?? open;
    this.#defaultFit = options.fit ?? sidecar?.fit ?? file.description.sidecar?.fit ?? 'pad';
    this.#sessions = new SessionCache(options.cacheBytes ?? defaultCacheBytes);
    const { output } = this.#program(this.#defaultSize);
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

  /** The graph that runs at an input size, and what it costs. */
  describe(size: Size = this.#defaultSize): SegmentationGraph & { readonly cost: GraphCost } {
    return this.#program(size);
  }

  /** Opens the session beforehand, so that the first picture does not wait for it. */
  async warmUp(size: Size = this.#defaultSize): Promise<void> {
    await this.#useSession(this.#program(size), size, async () => {});
  }

  /**
   * Segments a picture.
   *
   * @throws FormatError where the picture cannot be decoded; DeviceError where the network fails.
   */
  async segment(source: Source | RgbImage, options: SegmentOptions = {}): Promise<Segmentation> {
    const start = performance.now();
    const image = isRgbImage(source) ? source : await this.#decode(source);
    const decoded = performance.now();
    const size = options.size ?? this.#defaultSize;
    const program = this.#program(size);
    const { input } = program;
    const padValue = this.normalisation.mean;
    const fit = { ...size, fit: options.fit ?? this.#defaultFit, padValue };
    const pixels = new (input.pixels === 'uint8' ? Uint8Array : Float32Array)(
      size.width * size.height * 3,
    );
    const { valid } = fitImage(image, fit, pixels);
    const fitted = performance.now();
    const result = await this.#useSession(program, size, (session) => runOn(session, pixels, size));
    const ran = performance.now();
    const read = readResult(program, result, image, size, valid, options.probabilities === true);
    const done = performance.now();
    return new Segmentation({
      image,
      ...read,
      names: this.classes,
      timings: {
        decode: decoded - start,
        preprocess: fitted - decoded,
        network: ran - fitted,
        labelMap: done - ran,
      },
    });
  }

  /** Frees the sessions once the pictures under way are done; the segmenter is of no use then. */
  async dispose(): Promise<void> {
    await this.#sessions.dispose();
  }

  #program(size: Size): Program {
    const key = sizeKey(size);
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const built = segmentationGraphOf(this.file, this.normalisation, size);
    const cost = costOf(built.graph);
    const program: Program = {
      ...built,
      cost,
      // ONNX Runtime keeps weights in its own layout beside a copy of those it does not convert.
      sessionBytes: 2 * cost.constantBytes + peakActivationBytes(built.graph),
    };
    this.#programs.set(key, program);
    return program;
  }

  #useSession<T>(program: Program, size: Size, work: (session: Session) => Promise<T>): Promise<T> {
    const source = {
      bytes: program.sessionBytes,
      open: async () => {
        const lowered = await lower(program.graph, this.#runtime, this.#options);
        return this.#runtime.open(writeOnnx(graphToOnnx(lowered)), this.#options);
      },
    };
    return this.#sessions.use(sizeKey(size), source, work);
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

function readResult(
  { output }: Program,
  result: Tensor,
  image: Size,
  input: Size,
  valid: Size,
  wantProbabilities: boolean,
): { map: LabelMap; probabilities: Float32Array | undefined } {
  const convention = output.kind === 'scores' ? output.convention : 'half-pixel';
  const along = (side: 'width' | 'height') =>
    pictureSamples({
      picture: image[side],
      valid: valid[side],
      input: input[side],
      grid: output[side],
      convention,
    });
  const x = along('width');
  const y = along('height');
  if (output.kind === 'labels') {
    if (wantProbabilities) {
      throw new OptionError({
        place: 'probabilities',
        problem: 'the model gives class indices only',
        fix: 'leave probabilities out',
      });
    }
    const { width, height } = output;
    const grid = { width, height, data: wholeNumbers(result) };
    return { map: resampleLabels(grid, x, y), probabilities: undefined };
  }
  if (result.dtype !== 'float32') {
    throw new InternalError('segment', `scores of type ${result.dtype}`);
  }
  const { classes, width, height, meaning } = output;
  const scores = { data: result.data, classes, width, height };
  return {
    map: labelMap(scores, x, y),
    probabilities: wantProbabilities ? probabilities(scores, x, y, meaning) : undefined,
  };
}

function wholeNumbers(labels: Tensor): BigInt64Array | Int32Array | Uint8Array {
  if (labels.dtype === 'int64' || labels.dtype === 'int32' || labels.dtype === 'uint8') {
    return labels.data;
  }
  throw new InternalError('segment', `class indices of type ${labels.dtype}`);
}

function sizeKey({ width, height }: Size): string {
  return `${width}x${height}`;
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
