import { parseSidecar, type Sidecar } from '../catalog/index.js';
import { onnxToGraph } from '../convert/onnx/onnx-to-graph.js';
import type { Normalisation } from '../convert/segmentation/image-input.js';
import {
  type SegmentationGraph,
  toSegmentationGraph,
} from '../convert/segmentation/segmentation-graph.js';
import { type Arithmetic, tfliteToGraph } from '../convert/tflite/tflite-to-graph.js';
import { OptionError, UnsupportedError } from '../core/errors.js';
import type { Shape } from '../core/tensor.js';
import { type OnnxModel, type OnnxValueInfo, readOnnx } from '../formats/onnx/index.js';
import { readTflite, readTfliteMetadata } from '../formats/tflite/index.js';
import type { Graph } from '../graph/graph.js';
import { type Palette, paletteFor, type Size } from '../image/index.js';
import { type OutputStride, outputStrides } from '../models/geometry.js';
import {
  type CheckpointMetadata,
  decodeCheckpoint,
  inferenceWeights,
  isSafetensors,
} from '../weights/checkpoint.js';
import { describeNetwork, inferenceGraph, weightsOf } from '../weights/network-graph.js';

/** What a model file says of itself beyond its graph. */
export interface ModelDescription {
  readonly labels?: readonly string[];
  readonly normalisation?: Normalisation;
  readonly sidecar?: Sidecar;
}

/** A model file that has been read, whose graph can be built at the sizes that it allows. */
export interface ModelFile {
  readonly name: string;
  readonly format: 'tflite' | 'onnx' | 'checkpoint';
  readonly bytes: number;
  /** Size that the file fixes for its input; `undefined` where it leaves a side open. */
  readonly fixedSize: Size | undefined;
  readonly description: ModelDescription;
  /** The file's own graph, at an input size where that is open. */
  graph(size: Size): Graph;
}

/** How a file is read. */
export interface ModelFileOptions {
  /** How 8-bit files are computed; `integer` unless told. */
  readonly arithmetic?: Arithmetic;
  /**
   * The ratio of the input's sides to those of the network's innermost features, for models that
   * are built when they are opened. A file that holds a finished graph refuses it.
   */
  readonly outputStride?: number;
}

/** Input size for models that leave it open, DeepLab's usual crop for PASCAL VOC. */
export const usualSize: Size = { width: 513, height: 513 };

/**
 * Reads a TFLite file, an ONNX file or a training checkpoint, told apart by content.
 *
 * @param name What errors call the file.
 * @throws FormatError where it is none of them, or damaged; UnsupportedError for what is not
 *   computed; OptionError for what a finished graph cannot honour.
 */
export function readModelFile(
  bytes: Uint8Array,
  name: string,
  options: ModelFileOptions = {},
): ModelFile {
  if (isSafetensors(bytes)) return readCheckpointFile(bytes, name, options);
  refuseOutputStride(name, isTflite(bytes) ? 'a TFLite' : 'an ONNX', options.outputStride);
  return isTflite(bytes) ? readTfliteFile(bytes, name, options) : readOnnxFile(bytes, name);
}

function refuseOutputStride(name: string, kind: string, outputStride: number | undefined): void {
  if (outputStride === undefined) return;
  throw new OptionError({
    place: name,
    problem: 'the output stride cannot be chosen',
    expected: 'a model that is built when it is opened, such as a training checkpoint',
    found: `output stride ${outputStride} for ${kind} file, whose graph is finished`,
    fix: 'leave the output stride out, or export the model at this stride',
  });
}

function isTflite(bytes: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === 'TFL3';
}

function readTfliteFile(
  bytes: Uint8Array,
  name: string,
  { arithmetic = 'integer' }: ModelFileOptions,
): ModelFile {
  const model = readTflite(bytes, name);
  const { labels, normalisation } = readTfliteMetadata(model, bytes, name);
  const graph = tfliteToGraph(model, name, arithmetic);
  const [, height = 0, width = 0] = graph.inputs[0]?.shape ?? [];
  const mean = normalisation && threeOf(normalisation.mean);
  const std = normalisation && threeOf(normalisation.std);
  return {
    name,
    format: 'tflite',
    bytes: bytes.length,
    fixedSize: { width, height },
    description: {
      ...(labels === undefined ? {} : { labels }),
      ...(mean === undefined || std === undefined ? {} : { normalisation: { mean, std } }),
    },
    graph: (size) => {
      if (size.width !== width || size.height !== height) refuseSize(name, { width, height }, size);
      return graph;
    },
  };
}

function threeOf(values: readonly number[]): readonly [number, number, number] | undefined {
  const [first, second = first, third = first] = values;
  return first === undefined || second === undefined || third === undefined
    ? undefined
    : [first, second, third];
}

function readOnnxFile(bytes: Uint8Array, name: string): ModelFile {
  const model = readOnnx(bytes, name);
  const fed = fedInputs(model);
  const [input] = fed;
  const layout = onnxLayout(input);
  const known = model.metadata.get('atrous');
  const sidecar =
    known === undefined ? undefined : parseSidecar(known, `${name}, metadata "atrous"`);
  const { fixedSize } = layout;
  return {
    name,
    format: 'onnx',
    bytes: bytes.length,
    fixedSize,
    description: sidecar === undefined ? {} : { sidecar },
    graph: (size) => {
      if (
        fixedSize !== undefined &&
        (fixedSize.width !== size.width || fixedSize.height !== size.height)
      ) {
        refuseSize(name, fixedSize, size);
      }
      const { name: image } = soleImage(fed, name);
      return onnxToGraph(model, new Map([[image, layout.shapeAt(size)]]), name);
    },
  };
}

function readCheckpointFile(
  bytes: Uint8Array,
  name: string,
  { outputStride }: ModelFileOptions,
): ModelFile {
  const checkpoint = decodeCheckpoint(bytes, name);
  const { metadata } = checkpoint;
  const network =
    outputStride === undefined
      ? metadata.network
      : { ...metadata.network, outputStride: knownStride(outputStride, name) };
  const fix = 'the file contradicts itself: take another checkpoint of the run';
  const weights = weightsOf(describeNetwork(network), inferenceWeights(checkpoint), name, fix);
  return {
    name,
    format: 'checkpoint',
    bytes: bytes.length,
    fixedSize: undefined,
    description: { sidecar: sidecarOf(metadata) },
    graph: (size) => inferenceGraph(network, weights, size),
  };
}

/** An output stride that networks can be built at. @throws OptionError for any other number. */
export function knownStride(wanted: number, place: string): OutputStride {
  const known = outputStrides.find((each) => each === wanted);
  if (known !== undefined) return known;
  throw new OptionError({
    place,
    problem: 'the network cannot be built at this output stride',
    expected: outputStrides.join(', '),
    found: `${wanted}`,
  });
}

/** What a checkpoint says of its model, as the JSON beside other files would. */
function sidecarOf({
  labels,
  palette,
  background,
  normalisation,
  size,
}: CheckpointMetadata): Sidecar {
  return {
    labels,
    ...(palette === undefined ? {} : ownPalette(labels.length, palette)),
    ...(background === undefined ? {} : { background }),
    normalisation,
    ...(size === undefined ? {} : { size }),
  };
}

/**
 * A palette to be told, unless it is the one that goes with so many classes anyway: of that the
 * overlays know how to tint.
 */
export function ownPalette(classes: number, palette: Palette): Pick<Sidecar, 'palette'> {
  const usual = paletteFor(classes);
  const same = usual.every((colour, index) => `${colour}` === `${palette[index]}`);
  return same ? {} : { palette: palette.map(([red, green, blue]) => [red, green, blue]) };
}

function fedInputs({ graph }: OnnxModel): readonly OnnxValueInfo[] {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  return graph.inputs.filter(({ name }) => !constants.has(name));
}

/** The one input, which has an image's axes: files of other tasks fail here, not in their depths. */
function soleImage(fed: readonly OnnxValueInfo[], place: string): OnnxValueInfo {
  const [input] = fed;
  const [, first, , last] = input?.shape ?? [];
  const colours = first === 3 || last === 3 || typeof first === 'string';
  if (input?.shape?.length === 4 && fed.length === 1 && colours) return input;
  const found = fed.map(({ name, shape }) => `"${name}" [${shape?.join(', ') ?? '?'}]`);
  throw new UnsupportedError({
    place,
    problem: 'not an input for one RGB image',
    expected: 'one input [1, H, W, 3] or [1, 3, H, W]',
    found: found.join('; ') || 'none',
    fix: 'this may be a model of another task',
  });
}

interface OnnxLayout {
  readonly fixedSize: Size | undefined;
  shapeAt(size: Size): Shape;
}

/** Where an input's image axes are, and the size that they fix. */
function onnxLayout(input: OnnxValueInfo | undefined): OnnxLayout {
  const shape = input?.shape ?? [];
  const last = shape[3] === 3 && shape[1] !== 3;
  const [height, width] = last ? [shape[1], shape[2]] : [shape[2], shape[3]];
  const fixed = typeof height === 'number' && typeof width === 'number';
  return {
    fixedSize: fixed ? { width, height } : undefined,
    shapeAt: ({ width, height }) => (last ? [1, height, width, 3] : [1, 3, height, width]),
  };
}

function refuseSize(name: string, fixed: Size, wanted: Size): never {
  throw new OptionError({
    place: name,
    problem: 'the model has a fixed input size',
    expected: `${fixed.width}x${fixed.height}`,
    found: `${wanted.width}x${wanted.height}`,
  });
}

/** Pixels to (x - 127.5) / 127.5, as every MobileNet and Xception of the release wants. */
const symmetric: Normalisation = { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] };

/** Statistics of ImageNet (0.485, 0.456, 0.406; 0.229, 0.224, 0.225), as PyTorch exports want. */
const imageNet: Normalisation = {
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
};

/** How a file's pixels are normalised: by its own word, else as files of its kind usually are. */
export function normalisationOf(
  { format, description }: ModelFile,
  sidecar: Sidecar | undefined,
): Normalisation {
  const told = sidecar?.normalisation ?? description.sidecar?.normalisation;
  if (told !== undefined) return { mean: perChannel(told.mean), std: perChannel(told.std) };
  if (description.normalisation !== undefined) return description.normalisation;
  return format === 'tflite' ? symmetric : imageNet;
}

function perChannel(
  value: number | readonly [number, number, number],
): readonly [number, number, number] {
  return typeof value === 'number' ? [value, value, value] : value;
}

/** The file's graph cut down to segmentation, at an input size. */
export function segmentationGraphOf(
  file: ModelFile,
  normalisation: Normalisation,
  size: Size,
): SegmentationGraph {
  return toSegmentationGraph(file.graph(size), normalisation, file.name);
}
