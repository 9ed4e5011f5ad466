import { OptionError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import {
  type Fit,
  fitImage,
  type LabelMap,
  labelMap,
  type RgbImage,
  type Size,
} from '../image/index.js';
import { MeanProbabilities, type View } from './mean-probabilities.js';
import type { ModelFile } from './model-file.js';
import { type PictureScores, requireScores } from './picture-scores.js';
import type { Program } from './program.js';
import { type ReadResult, readResult, scoreView } from './read-result.js';
import { cropImage, pasteTile, type TileOptions, tilesOf } from './tiles.js';
import { mirrorPixels, scaledSizes, type ViewOptions } from './views.js';

/** A network as a reader of pictures needs it. */
export interface Network {
  readonly file: ModelFile;
  readonly padValue: readonly [number, number, number];
  program(size: Size): Program;
  /** Runs on RGB pixels of the program's input size; may take their memory. */
  run(program: Program, pixels: Uint8Array | Float32Array, size: Size): Promise<Tensor>;
}

/** How a picture is read. */
export interface ReadOptions extends ViewOptions {
  readonly size: Size;
  readonly fit: Fit;
  readonly probabilities: boolean;
  /** Cut pictures larger than the input into tiles at their own scale instead of shrinking them. */
  readonly tile?: TileOptions | boolean;
}

/** What several views are read for, in words. */
const averaging = 'the mean over scales or flips';

/** Milliseconds, added up over the parts of a picture. */
export interface Stopwatch {
  preprocess: number;
  network: number;
  labelMap: number;
}

/** What a network gave for a picture. */
interface Look {
  readonly program: Program;
  readonly result: Tensor;
  readonly input: Size;
  readonly valid: Size;
  readonly mirrored: boolean;
}

/**
 * Makes sure before any picture is read that a network can be asked as the options want it.
 *
 * @throws OptionError where it cannot; UnsupportedError where the file is no segmentation model.
 */
export function checkReading(network: Network, options: ReadOptions): void {
  const sizes = scaledSizes(network.file, options.size, options.scales);
  for (const size of sizes) {
    const { output } = network.program(size);
    if (sizes.length > 1 || options.flip) requireScores(network.file.name, output, averaging);
  }
  if (options.tile === undefined || options.tile === false) return;
  tilesOf(options.size, options.size, tileOptions(options));
  if (options.fit === 'stretch') {
    throw new OptionError({
      place: 'tile',
      problem: 'tiles show a picture at its own scale, which stretching does not',
      fix: 'use fit "pad" with tiles',
    });
  }
}

/** The labels of a picture's pixels, whole or tile by tile, from one view or the mean of several. */
export async function readPicture(
  network: Network,
  image: RgbImage,
  options: ReadOptions,
  watch: Stopwatch,
): Promise<ReadResult> {
  if (options.tile === undefined || options.tile === false) {
    return readWhole(network, image, options, watch);
  }
  const tiles = tilesOf(image, options.size, tileOptions(options));
  const [only] = tiles;
  if (only === undefined || tiles.length === 1) return readWhole(network, image, options, watch);
  let map: LabelMap | undefined;
  let planes: Float32Array | undefined;
  for (const tile of tiles) {
    const part = await readWhole(network, cropImage(image, tile.crop), options, watch);
    map = mapFor(map, part.map, image);
    pasteTile(map, part.map, tile);
    if (part.probabilities === undefined) continue;
    const data = part.probabilities;
    const classes = data.length / part.map.data.length;
    planes ??= new Float32Array(classes * image.width * image.height);
    pasteTile({ ...image, data: planes }, { ...part.map, data }, tile, classes);
  }
  return { map: map ?? labelMap(image.width, image.height), probabilities: planes };
}

/** A label map at a size that can hold a part's labels: the one there is, or a wider one. */
function mapFor(whole: LabelMap | undefined, part: LabelMap, { width, height }: Size): LabelMap {
  const words = part.data instanceof Uint16Array;
  if (whole !== undefined && (whole.data instanceof Uint16Array || !words)) return whole;
  const data = words ? new Uint16Array(width * height) : new Uint8Array(width * height);
  data.set(whole?.data ?? []);
  return labelMap(width, height, data);
}

async function readWhole(
  network: Network,
  image: RgbImage,
  options: ReadOptions,
  watch: Stopwatch,
): Promise<ReadResult> {
  const sizes = scaledSizes(network.file, options.size, options.scales);
  const flip = options.flip === true;
  const [size] = sizes;
  if (size !== undefined && sizes.length === 1 && !flip) {
    const [look] = await lookAt(network, image, size, options, watch);
    if (look !== undefined) return readLook(look, image, options, watch);
  }
  const { classes } = requireScores(
    network.file.name,
    network.program(options.size).output,
    averaging,
  );
  const mean = new MeanProbabilities(classes, image);
  for await (const view of viewsOf(network, image, options, watch)) {
    const start = performance.now();
    mean.add(view);
    watch.labelMap += performance.now() - start;
  }
  const start = performance.now();
  const map = mean.labelMap();
  const probabilities = options.probabilities ? mean.probabilities() : undefined;
  watch.labelMap += performance.now() - start;
  return { map, probabilities };
}

/**
 * What a network gives for a whole picture, at its own resolution.
 *
 * @throws OptionError where the network gives class indices.
 */
export async function readScores(
  network: Network,
  image: RgbImage,
  options: ReadOptions,
  watch: Stopwatch,
): Promise<PictureScores> {
  const { output } = network.program(options.size);
  const { classes } = requireScores(network.file.name, output, 'reading scores');
  const views: View[] = [];
  for await (const view of viewsOf(network, image, options, watch)) views.push(view);
  const { width, height } = image;
  return { picture: { width, height }, classes, views };
}

/** The views of a whole picture, one after the other. */
async function* viewsOf(
  network: Network,
  image: RgbImage,
  options: ReadOptions,
  watch: Stopwatch,
): AsyncGenerator<View, void, void> {
  for (const size of scaledSizes(network.file, options.size, options.scales)) {
    for (const look of await lookAt(network, image, size, options, watch)) {
      const output = requireScores(network.file.name, look.program.output, averaging);
      const view = scoreView(output, look.result, { ...look, picture: image });
      yield { ...view, mirrored: look.mirrored };
    }
  }
}

/** Runs the network on a picture at one input size, and on its mirrored copy where flips count. */
async function lookAt(
  network: Network,
  image: RgbImage,
  input: Size,
  { fit, flip }: ReadOptions,
  watch: Stopwatch,
): Promise<readonly Look[]> {
  const program = network.program(input);
  const start = performance.now();
  const pixels = new (program.input.pixels === 'uint8' ? Uint8Array : Float32Array)(
    input.width * input.height * 3,
  );
  const { valid } = fitImage(image, { ...input, fit, padValue: network.padValue }, pixels);
  // Made before the first run, which may take the memory.
  const views = flip ? [pixels, mirrorPixels(pixels, input, valid)] : [pixels];
  const fitted = performance.now();
  watch.preprocess += fitted - start;
  const looks: Look[] = [];
  for (const [index, view] of views.entries()) {
    const result = await network.run(program, view, input);
    looks.push({ program, result, input, valid, mirrored: index === 1 });
  }
  watch.network += performance.now() - fitted;
  return looks;
}

function readLook(
  { program, result, input, valid }: Look,
  picture: Size,
  { probabilities }: ReadOptions,
  watch: Stopwatch,
): ReadResult {
  const start = performance.now();
  const read = readResult(program.output, result, { picture, input, valid, probabilities });
  watch.labelMap += performance.now() - start;
  return read;
}

function tileOptions({ tile }: ReadOptions): TileOptions {
  return typeof tile === 'object' ? tile : {};
}
