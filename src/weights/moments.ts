import { InternalError } from '../core/errors.js';
import { elementCount, type Tensor, type TensorOf, tensor } from '../core/tensor.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, GraphOutput, Value } from '../graph/graph.js';
import { type DeepLabSettings, deepLab } from '../models/deeplab.js';
import { type BuiltStatistic, Layers } from '../models/layers.js';
import type { Weights } from '../models/parameters.js';
import type { InputSize } from './network-graph.js';

/** A batch norm layer: its scope, epsilon, and names of the outputs with its input's moments. */
interface NormLayer {
  readonly scope: string;
  readonly epsilon: number;
  readonly mean: string;
  readonly square: string;
}

/** A graph that measures what batch norm sees. */
export interface MomentGraph {
  /** Input `image`, float32 [N, 3, H, W], normalised, and all weights; outputs the moments. */
  readonly graph: Graph;
  readonly layers: readonly NormLayer[];
}

/**
 * The network in evaluation mode, with the mean and the mean square of every batch norm's input as
 * its outputs.
 */
export function momentGraph(
  settings: DeepLabSettings,
  batch: number,
  { height, width }: InputSize,
): MomentGraph {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, { kind: 'train', batchNorm: 'frozen' });
  const image = builder.input('image', 'float32', [batch, 3, height, width]);
  deepLab(layers, image, settings);
  const outputs: GraphOutput[] = [];
  const found = layers.statistics
    .filter(({ name }) => name.endsWith('/moving_mean'))
    .map((statistic) => addMoments(builder, statistic, outputs));
  return { graph: builder.build(outputs), layers: found };
}

function addMoments(
  builder: GraphBuilder,
  { name, source, epsilon }: BuiltStatistic,
  outputs: GraphOutput[],
): NormLayer {
  const scope = name.slice(0, -'/moving_mean'.length);
  const mean = `${scope}/mean`;
  const square = `${scope}/mean_square`;
  const over = (value: Value) =>
    builder.add('ReduceMean', [value], { axes: [0, 2, 3], keepdims: 0 });
  outputs.push({ name: mean, value: over(source) });
  outputs.push({ name: square, value: over(builder.add('Mul', [source, source], {})) });
  return { scope, epsilon, mean, square };
}

/** Adds up moments over batches and rebuilds batch norm from them. */
export class MomentSums {
  readonly #layers: readonly NormLayer[];
  readonly #sums = new Map<string, Float64Array>();
  #batches = 0;

  constructor({ layers }: MomentGraph) {
    this.#layers = layers;
  }

  /** Takes in the outputs of one run of the moment graph. */
  add(outputs: Readonly<Record<string, Tensor>>): void {
    for (const { mean, square } of this.#layers) {
      for (const name of [mean, square]) {
        const values = outputs[name]?.data ?? [];
        const sum = this.#sums.get(name) ?? new Float64Array(values.length);
        for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) + Number(values[at] ?? 0);
        this.#sums.set(name, sum);
      }
    }
    this.#batches++;
  }

  /**
   * Weights whose batch norm normalises by the measured mean and variance, and computes in
   * evaluation mode what the given ones do: with s = sqrt(variance + epsilon),
   * gamma' = gamma s' / s and beta' = beta + gamma (mean' - mean) / s.
   */
  renormalise(weights: Weights): Weights {
    if (this.#batches === 0) throw new InternalError('re-estimation', 'no batch was measured');
    const renewed = new Map(weights);
    for (const layer of this.#layers) {
      for (const [name, value] of this.#renormalised(layer, weights)) renewed.set(name, value);
    }
    return renewed;
  }

  #renormalised(
    { scope, epsilon, mean, square }: NormLayer,
    weights: Weights,
  ): readonly (readonly [string, TensorOf<'float32'>])[] {
    const of = (name: string) => vector(weights, `${scope}/${name}`);
    const [gamma, beta, oldMean, oldVariance] = [
      of('gamma'),
      of('beta'),
      of('moving_mean'),
      of('moving_variance'),
    ];
    const means = this.#mean(mean);
    const squares = this.#mean(square);
    const make = (compute: (channel: number) => number) =>
      tensor(
        'float32',
        gamma.shape,
        Float32Array.from(gamma.data, (_, at) => compute(at)),
      );
    const variance = (at: number) => Math.max((squares[at] ?? 0) - (means[at] ?? 0) ** 2, 0);
    const before = (at: number) => Math.sqrt((oldVariance.data[at] ?? 0) + epsilon);
    const factor = (at: number) => (gamma.data[at] ?? 0) / before(at);
    return [
      [`${scope}/gamma`, make((at) => factor(at) * Math.sqrt(variance(at) + epsilon))],
      [
        `${scope}/beta`,
        make(
          (at) => (beta.data[at] ?? 0) + factor(at) * ((means[at] ?? 0) - (oldMean.data[at] ?? 0)),
        ),
      ],
      [`${scope}/moving_mean`, make((at) => means[at] ?? 0)],
      [`${scope}/moving_variance`, make(variance)],
    ];
  }

  #mean(name: string): Float64Array {
    return (this.#sums.get(name) ?? new Float64Array()).map((sum) => sum / this.#batches);
  }
}

function vector(weights: Weights, name: string): TensorOf<'float32'> {
  const found = weights.get(name);
  if (found?.dtype !== 'float32' || elementCount(found.shape) !== found.data.length) {
    throw new InternalError('re-estimation', `no float32 "${name}"`);
  }
  return found;
}
