import { GraphError } from '../core/errors.js';
import { elementCount, int64, type Shape } from '../core/tensor.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/graph.js';
import { type ActivationName, activated } from './activations.js';
import { fixedPads, type Rate, ratePair, samePads } from './geometry.js';
import type { Initial, NetworkPart, ParameterRole, Statistic } from './parameters.js';
import {
  type BuiltParameter,
  type BuiltStatistic,
  type DropoutInput,
  isFrozen,
  type Mode,
  Variables,
} from './variables.js';

export type { ActivationName } from './activations.js';
export type { BuiltParameter, BuiltStatistic, DropoutInput, Mode } from './variables.js';

/** Batch norm's constants. */
export interface BatchNormSettings {
  readonly decay: number;
  readonly epsilon: number;
}

/**
 * How a bilinear resize places samples: with the first and the last ones on each other, which is
 * DeepLab's, or as the centres of pixels, which is PyTorch's usual one.
 */
export type ResizeConvention = 'align_corners' | 'half_pixel';

export interface ConvolutionSettings {
  readonly filters: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly rate?: Rate;
  /** Whether pads go by the image's size, as TensorFlow's SAME does, or not; `same` unless told. */
  readonly padding?: 'same' | 'fixed';
  readonly initial?: Initial;
  readonly activation?: ActivationName;
}

/**
 * Adds layers to a graph under TensorFlow's variable names, and keeps the list of their parameters.
 *
 * Images are [N, C, H, W]; convolutions give ceil(size / stride) pixels.
 */
export class Layers {
  readonly builder: GraphBuilder;
  readonly #variables: Variables;
  readonly #pass: number;
  /** Parameters of this pass. */
  readonly #named = new Set<string>();

  /** @param mode what the network is built for, or the variables of an earlier pass. */
  constructor(builder: GraphBuilder, mode: Mode | Variables, pass = 0) {
    this.builder = builder;
    this.#variables = mode instanceof Variables ? mode : new Variables(builder, mode);
    this.#pass = pass;
  }

  /** Of all passes. */
  get parameters(): readonly BuiltParameter[] {
    return this.#variables.parameters;
  }

  /** Of all passes. */
  get statistics(): readonly BuiltStatistic[] {
    return this.#variables.statistics;
  }

  /** Inputs for dropout masks: 0 or 1 / keep, made from seed and step by the caller. */
  get dropoutMasks(): readonly DropoutInput[] {
    return this.#variables.masks;
  }

  /**
   * The layers for another pass through the network, on another image: with the same parameters and
   * statistics, and dropout masks of its own.
   *
   * @param pass number of the pass; 0 is this one.
   */
  again(pass: number): Layers {
    return pass === this.#pass ? this : new Layers(this.builder, this.#variables, pass);
  }

  /** Convolution with bias and without batch norm. */
  biasedConvolution(
    x: Value,
    scope: string,
    part: NetworkPart,
    settings: ConvolutionSettings,
  ): Value {
    const weights = this.#filters(x, scope, part, settings);
    const zero: Initial = { kind: 'constant', value: 0 };
    const biases = this.#parameter(scope, 'biases', [settings.filters], zero, part);
    return this.activate(this.#convolve(x, scope, [weights, biases], settings), settings);
  }

  /** Convolution with neither bias nor batch norm. */
  bareConvolution(
    x: Value,
    scope: string,
    part: NetworkPart,
    settings: ConvolutionSettings,
  ): Value {
    const weights = this.#filters(x, scope, part, settings);
    return this.activate(this.#convolve(x, scope, [weights], settings), settings);
  }

  /** Convolution, batch norm, activation. */
  convolution(
    x: Value,
    scope: string,
    part: NetworkPart,
    settings: ConvolutionSettings & { readonly batchNorm: BatchNormSettings },
  ): Value {
    const weights = this.#filters(x, scope, part, settings);
    const sums = this.#convolve(x, scope, [weights], settings);
    return this.activate(this.batchNorm(sums, scope, part, settings.batchNorm), settings);
  }

  /** Depthwise convolution (one filter a channel), batch norm, activation. */
  depthwise(
    x: Value,
    scope: string,
    part: NetworkPart,
    settings: Omit<ConvolutionSettings, 'filters'> & { readonly batchNorm: BatchNormSettings },
  ): Value {
    const channels = x.shape[1] ?? 0;
    const kernel = settings.kernel ?? 3;
    const weights = this.#parameter(
      scope,
      'depthwise_weights',
      [channels, 1, kernel, kernel],
      settings.initial ?? { kind: 'truncated-normal', deviation: 0.09 },
      part,
    );
    const own = { ...settings, kernel, filters: channels };
    const sums = this.#convolve(x, scope, [weights], own, channels);
    return this.activate(this.batchNorm(sums, scope, part, settings.batchNorm), settings);
  }

  /** Batch norm with scale and offset. */
  batchNorm(
    x: Value,
    layer: string,
    part: NetworkPart,
    { decay, epsilon }: BatchNormSettings,
  ): Value {
    const scope = `${layer}/BatchNorm`;
    const shape = [x.shape[1] ?? 0];
    const constant = (value: number): Initial => ({ kind: 'constant', value });
    const gamma = this.#parameter(scope, 'gamma', shape, constant(1), part);
    const beta = this.#parameter(scope, 'beta', shape, constant(0), part);
    const means: Statistic = { name: `${scope}/moving_mean`, shape, initial: 0, decay };
    const variances: Statistic = { name: `${scope}/moving_variance`, shape, initial: 1, decay };
    const mean = this.#variables.statistic(means);
    const variance = this.#variables.statistic(variances);
    const use = { source: x, epsilon };
    if (isFrozen(this.#variables.mode, part)) {
      for (const statistic of [means, variances]) this.#variables.follow(statistic, use);
      const inputs = [x, gamma, beta, mean, variance];
      return this.builder.add('BatchNormalization', inputs, { epsilon }, { name: scope });
    }
    const [y = x, batchMean = mean, batchVariance = variance] = this.builder.addAll(
      'BatchNormTraining',
      [x, gamma, beta],
      { epsilon },
      { name: scope, outputs: 3 },
    );
    const count = elementCount(x.shape) / (x.shape[1] ?? 1);
    this.#variables.follow(means, { ...use, batch: { value: batchMean, count } });
    this.#variables.follow(variances, { ...use, batch: { value: batchVariance, count } });
    return y;
  }

  activate(x: Value, { activation = 'none' }: { readonly activation?: ActivationName }): Value {
    return activated(this.builder, x, activation);
  }

  /** Mean over the image, [N, C, 1, 1]. */
  imageMean(x: Value): Value {
    return this.builder.add('GlobalAveragePool', [x], {});
  }

  /** Stretches [N, C, 1, 1] over an image: bilinear enlargement of a single pixel. */
  spread(x: Value, [height, width]: readonly [number, number]): Value {
    const shape = this.builder.constant(int64([...x.shape.slice(0, 2), height, width]), 'shape');
    return this.builder.add('Expand', [x, shape], {});
  }

  concatenate(values: readonly Value[], scope: string): Value {
    return this.builder.add('Concat', values, { axis: 1 }, { name: scope });
  }

  /** Bilinear resize, with aligned corners unless told. */
  resize(
    x: Value,
    [height, width]: readonly [number, number],
    scope: string,
    convention: ResizeConvention = 'align_corners',
  ): Value {
    if (x.shape[2] === height && x.shape[3] === width) return x;
    const sizes = this.builder.constant(int64([...x.shape.slice(0, 2), height, width]), 'sizes');
    const none = undefined;
    return this.builder.add(
      'Resize',
      [x, none, none, sizes],
      { mode: 'linear', coordinate_transformation_mode: convention },
      { name: scope },
    );
  }

  /**
   * Drops activations in training only.
   *
   * @param keep share that is not dropped.
   */
  dropout(x: Value, scope: string, keep = 0.9): Value {
    const { mode } = this.#variables;
    if (mode.kind === 'infer' || mode.dropout !== true) return x;
    const own = this.#pass === 0 ? scope : `${scope}_${this.#pass}`;
    return this.builder.add(
      'Mul',
      [x, this.#variables.mask(`${own}/mask`, x.shape, keep)],
      {},
      { name: scope },
    );
  }

  #filters(x: Value, scope: string, part: NetworkPart, settings: ConvolutionSettings): Value {
    const { filters, kernel = 1 } = settings;
    const initial = settings.initial ?? { kind: 'truncated-normal', deviation: 0.09 };
    const shape = [filters, x.shape[1] ?? 0, kernel, kernel];
    return this.#parameter(scope, 'weights', shape, initial, part);
  }

  #convolve(
    x: Value,
    scope: string,
    weights: readonly Value[],
    { kernel = 1, stride = 1, rate = 1, padding = 'same' }: ConvolutionSettings,
    group = 1,
  ): Value {
    const size = [x.shape[2] ?? 1, x.shape[3] ?? 1] as const;
    const isFixed = padding === 'fixed' && stride > 1;
    return this.builder.add(
      'Conv',
      [x, ...weights],
      {
        strides: [stride, stride],
        dilations: ratePair(rate),
        pads: isFixed ? fixedPads(kernel, rate) : samePads(size, kernel, stride, rate),
        group,
      },
      { name: scope },
    );
  }

  #parameter(
    scope: string,
    role: ParameterRole,
    shape: Shape,
    initial: Initial,
    part: NetworkPart,
  ): Value {
    const name = `${scope}/${role}`;
    if (this.#named.has(name)) {
      throw new GraphError({ place: `parameter "${name}"`, problem: 'two layers have the name' });
    }
    this.#named.add(name);
    return this.#variables.parameter({ name, shape, role, initial, part });
  }
}
