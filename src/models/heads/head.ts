import { GraphError } from '../../core/errors.js';
import type { Value } from '../../graph/graph.js';
import type { Features } from '../backbones/features.js';
import { type OutputStride, strideSize } from '../geometry.js';
import type { BatchNormSettings, Layers, ResizeConvention } from '../layers.js';

/** What heads are built with, as plain data; each heeds some of it. */
export interface HeadSettings {
  readonly classes: number;
  /** Of the backbone's features. */
  readonly outputStride: OutputStride;
  /**
   * Atrous rates of the head's 3x3 branches at the stride that its rates are given for, 8 for v1 and
   * v2 and 16 for the others; scaled to other strides.
   */
  readonly atrousRates: readonly number[];
  /** Channels of each branch and of what joins them (fc6 and fc7 of v1 and v2). */
  readonly asppFilters: number;
  /** Channels of the decoder's convolutions. */
  readonly decoderFilters: number;
  /** Whether ASPP has image-level features; yes unless told. */
  readonly imageFeatures?: boolean;
  /** What the 3x3 convolutions of ASPP and decoder are; `separable` unless told. */
  readonly convolutions?: (typeof convolutionKinds)[number];
  /** Output strides of the decoder's stages, from the coarsest to the finest; [4] unless told. */
  readonly decoderStrides?: readonly number[];
}

export const convolutionKinds = ['separable', 'plain'] as const;

/** Settings that a head may heed or not. */
export type HeadOption = Exclude<keyof HeadSettings, 'classes' | 'outputStride'>;

/** What a head turns into class logits. */
export interface HeadInputs {
  readonly features: Features;
  /** The network's input, [N, 3, H, W]. */
  readonly image: Value;
}

/** What makes class logits of a backbone's features. */
export interface Head {
  readonly heeds: readonly HeadOption[];
  /** Where they are not the usual ones; rates that are left out are the backbone's. */
  readonly defaults: Partial<
    Pick<HeadSettings, 'outputStride' | 'atrousRates' | 'asppFilters' | 'decoderFilters'>
  >;
  /** How its logits are resized, and what is resized inside it; aligned corners unless told. */
  readonly resize?: ResizeConvention;
  /** Output stride of the logits. */
  readonly logitsStride: (settings: HeadSettings) => number;
  /** @returns [N, classes, h, w] at that stride. */
  readonly build: (layers: Layers, inputs: HeadInputs, settings: HeadSettings) => Value;
}

/** Batch norm of ASPP and decoder. */
export const headBatchNorm: BatchNormSettings = { decay: 0.9997, epsilon: 1e-5 };

/** Rates for an output stride, of those given for another one: at least 1, and whole. */
export function ratesAt(
  rates: readonly number[],
  given: number,
  outputStride: number,
): readonly number[] {
  return rates.map((rate) => Math.max(1, Math.round((rate * given) / outputStride)));
}

/** Height and width of an image [N, C, H, W]. */
export function sizeOf({ shape }: Value): readonly [number, number] {
  return [shape[2] ?? 1, shape[3] ?? 1];
}

/** Size of an image's features at an output stride. */
export function sizeAt(image: Value, outputStride: number): readonly [number, number] {
  const [height, width] = sizeOf(image);
  return [strideSize(height, outputStride), strideSize(width, outputStride)];
}

/**
 * The backbone's features of a nominal stride.
 *
 * @throws GraphError where it has none.
 */
export function lowLevelAt({ lowLevel }: Features, outputStride: number, place: string): Value {
  const found = lowLevel.get(outputStride);
  if (found !== undefined) return found;
  throw new GraphError({
    place,
    problem: `no low-level features at output stride ${outputStride}`,
    expected: [...lowLevel.keys()].join(', '),
  });
}

/** The class logits of features, by a convolution. */
export function classLogits(
  layers: Layers,
  x: Value,
  { classes }: Pick<HeadSettings, 'classes'>,
  { scope = 'logits/semantic', kernel = 1, rate = 1 } = {},
): Value {
  return layers.biasedConvolution(x, scope, 'logits', {
    filters: classes,
    kernel,
    rate,
    initial: { kind: 'truncated-normal', deviation: 0.01 },
  });
}
