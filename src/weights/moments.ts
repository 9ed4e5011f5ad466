import type { Normalisation } from '../convert/segmentation/image-input.js';
import { InternalError } from '../core/errors.js';
import { float32, type Tensor, type TensorOf, tensor } from '../core/tensor.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, GraphOutput, Value } from '../graph/graph.js';
import { onnxDtypes } from '../graph/onnx-dtype.js';
import { type DeepLabSettings, deepLab } from '../models/deeplab.js';
import { type BuiltStatistic, Layers } from '../models/layers.js';
import type { Weights } from '../models/parameters.js';

/** A network with its weights and what its pixels become before they enter it. */
export interface MeasuredNetwork {
  readonly settings: DeepLabSettings;
  readonly weights: Weights;
  readonly normalisation: Normalisation;
  /**
   * Names of the parameters that came from a file; all unless told. Batch norm of layers that start
   * anew is left as it starts: made to compute the same, its gamma would be as small as the random
   * activations of those layers.
   */
  readonly taken?: readonly string[];
}

/** A batch norm layer: its scope, epsilon, and names of the outputs with its input's moments. */
interface NormLayer {
  readonly scope: string;
  readonly epsilon: number;
  readonly mean: string;
  readonly variance: string;
}

/** A graph that measures what batch norm sees. */
export interface MomentGraph {
  /** Input `image`, uint8 [N, H, W, 3]; outputs the moments. */
  readonly graph: Graph;
  readonly layers: readonly NormLayer[];
}

/**
 * The network in evaluation mode, with mean and variance of every batch norm's input as outputs,
 * [1, C, 1, 1] each, taken over the batch's images and pixels.
 *
 * The variance is the mean square of what the mean leaves, for the difference of mean square and
 * squared mean has no digits left where the mean is large.
 *
 * @param shape [N, H, W, 3]
 */
export function momentGraph(
  { settings, weights, normalisation, taken }: MeasuredNetwork,
  shape: readonly number[],
): MomentGraph {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'infer', weights });
  deepLab(layers, normalised(builder, shape, normalisation), settings);
  const outputs: GraphOutput[] = [];
  const old = new Set(taken ?? weights.keys());
  const found = layers.statistics
    .filter(({ name }) => name.endsWith('/moving_mean') && old.has(sibling(name, 'gamma')))
    .map((statistic) => addMoments(builder, statistic, outputs));
  return { graph: builder.build(outputs), layers: found };
}

function normalised(
  builder: GraphBuilder,
  shape: readonly number[],
  { mean, std }: Normalisation,
): Value {
  const perPlane = (values: readonly number[]) => builder.constant(float32([3, 1, 1], values));
  const pixels = builder.input('image', 'uint8', shape);
  const planes = builder.add('Transpose', [pixels], { perm: [0, 3, 1, 2] });
  const wide = builder.add('Cast', [planes], { to: onnxDtypes.float32 });
  return builder.add('Div', [builder.add('Sub', [wide, perPlane(mean)], {}), perPlane(std)], {});
}

function addMoments(
  builder: GraphBuilder,
  { name, source, epsilon }: BuiltStatistic,
  outputs: GraphOutput[],
): NormLayer {
  const scope = sibling(name, '').slice(0, -1);
  const layer = { scope, epsilon, mean: `${scope}/mean`, variance: `${scope}/variance` };
  const over = (value: Value) => builder.add('ReduceMean', [value], { axes: [0, 2, 3] });
  const mean = over(source);
  const rest = builder.add('Sub', [source, mean], {});
  outputs.push({ name: layer.mean, value: mean });
  outputs.push({ name: layer.variance, value: over(builder.add('Mul', [rest, rest], {})) });
  return layer;
}

/** The name of another variable in the same scope. */
function sibling(name: string, leaf: string): string {
  return name.replace(/[^/]*$/, leaf);
}

/** Moments of one layer over the images so far. */
interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** Joins the moments of batches and rebuilds batch norm from them. */
export class MomentSums {
  readonly #moments = new Map<string, Moments>();
  #images = 0;

  /** Images so far. */
  get images(): number {
    return this.#images;
  }

  /**
   * Takes in the outputs of a run of the moment graph on some images, by the pairwise update of
   * mean and variance (Chan, Golub and LeVeque 1979).
   */
  add(
    { layers }: Pick<MomentGraph, 'layers'>,
    outputs: Readonly<Record<string, Tensor>>,
    images: number,
  ): void {
    const share = images / (this.#images + images);
    for (const layer of layers) {
      const mean = numbers(outputs, layer.mean);
      const variance = numbers(outputs, layer.variance);
      const before = this.#moments.get(layer.scope) ?? { mean, variance };
      const step = (channel: number) => (mean[channel] ?? 0) - (before.mean[channel] ?? 0);
      this.#moments.set(layer.scope, {
        mean: before.mean.map((old, channel) => old + share * step(channel)),
        variance: before.variance.map(
          (old, channel) =>
            (1 - share) * old +
            share * (variance[channel] ?? 0) +
            share * (1 - share) * step(channel) ** 2,
        ),
      });
    }
    this.#images += images;
  }

  /**
   * Weights whose batch norm normalises by the measured mean and variance, and computes in
   * evaluation mode what the given ones do: with s = sqrt(variance + epsilon),
   * gamma' = gamma s' / s and beta' = beta + gamma (mean' - mean) / s.
   */
  renormalise({ layers }: Pick<MomentGraph, 'layers'>, weights: Weights): Weights {
    const renewed = new Map(weights);
    for (const layer of layers) {
      const moments = this.#moments.get(layer.scope);
      if (moments === undefined) {
        throw new InternalError('re-estimation', `"${layer.scope}" was not measured`);
      }
      for (const [name, value] of renormalised(layer, moments, weights)) renewed.set(name, value);
    }
    return renewed;
  }
}

function renormalised(
  { scope, epsilon }: NormLayer,
  { mean, variance }: Moments,
  weights: Weights,
): readonly (readonly [string, Tensor])[] {
  const [gamma, beta, oldMean, oldVariance] = [
    'gamma',
    'beta',
    'moving_mean',
    'moving_variance',
  ].map((name) => vector(weights, `${scope}/${name}`));
  const factor = mean.map(
    (_, channel) => (gamma?.[channel] ?? 0) / Math.sqrt((oldVariance?.[channel] ?? 0) + epsilon),
  );
  const made = (name: string, values: Float64Array) =>
    [`${scope}/${name}`, tensor('float32', [values.length], Float32Array.from(values))] as const;
  return [
    made(
      'gamma',
      factor.map((each, channel) => each * Math.sqrt((variance[channel] ?? 0) + epsilon)),
    ),
    made(
      'beta',
      factor.map(
        (each, channel) =>
          (beta?.[channel] ?? 0) + each * ((mean[channel] ?? 0) - (oldMean?.[channel] ?? 0)),
      ),
    ),
    made('moving_mean', mean),
    made('moving_variance', variance),
  ];
}

function numbers(outputs: Readonly<Record<string, Tensor>>, name: string): Float64Array {
  const found = outputs[name];
  if (found?.dtype !== 'float32') throw new InternalError('re-estimation', `no "${name}"`);
  return Float64Array.from(found.data);
}

function vector(weights: Weights, name: string): TensorOf<'float32'>['data'] {
  const found = weights.get(name);
  if (found?.dtype !== 'float32') throw new InternalError('re-estimation', `no float32 "${name}"`);
  return found.data;
}
