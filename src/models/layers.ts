import { GraphError } from '../core/errors.js';
import {
  elementCount,
  float32,
  formatShape,
  int64,
  type Shape,
  sameShape,
} from '../core/tensor.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Value } from '../graph/graph.js';
import { samePads } from './geometry.js';
import type {
  Initial,
  LastLayer,
  Parameter,
  ParameterRole,
  Statistic,
  Weights,
} from './parameters.js';

/**
 * What a network is built for: `infer` with constant weights; `train` with parameters as inputs of
 * the graph and batch norm by the batch's own statistics, or by frozen ones.
 */
export type Mode =
  | { readonly kind: 'infer'; readonly weights: Weights }
  | {
      readonly kind: 'train';
      readonly batchNorm: 'batch' | 'frozen';
      /** Whether activations are dropped; no unless told. */
      readonly dropout?: boolean;
    };

/** Batch norm's constants. */
export interface BatchNormSettings {
  readonly decay: number;
  readonly epsilon: number;
}

export type ActivationName = 'none' | 'relu' | 'relu6' | 'hard-swish';

/** A parameter of the network being built, and its value in the graph. */
export interface BuiltParameter extends Parameter {
  readonly value: Value;
}

/** A statistic, its value in the graph, and the batch's own where batch norm computes that. */
export interface BuiltStatistic extends Statistic {
  readonly value: Value;
  readonly batch: Value | undefined;
  /** Elements that the batch's own is taken over. */
  readonly count: number;
  /** What batch norm normalises, [N, C, H, W], and its epsilon. */
  readonly source: Value;
  readonly epsilon: number;
}

export interface ConvolutionSettings {
  readonly filters: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly rate?: number;
  readonly initial?: Initial;
  readonly activation?: ActivationName;
}

/**
 * Adds layers to a graph under TensorFlow's variable names, and keeps the list of their parameters.
 *
 * Images are [N, C, H, W]; convolutions pad by TensorFlow's SAME rule.
 */
export class Layers {
  readonly builder: GraphBuilder;
  readonly #mode: Mode;
  readonly #parameters: BuiltParameter[] = [];
  readonly #statistics: BuiltStatistic[] = [];
  readonly #masks: Value[] = [];

  constructor(builder: GraphBuilder, mode: Mode) {
    this.builder = builder;
    this.#mode = mode;
  }

  get parameters(): readonly BuiltParameter[] {
    return this.#parameters;
  }

  get statistics(): readonly BuiltStatistic[] {
    return this.#statistics;
  }

  /** Inputs for dropout masks: 0 or 1 / keep, made from seed and step by the caller. */
  get dropoutMasks(): readonly Value[] {
    return this.#masks;
  }

  /** Convolution with bias and without batch norm. */
  biasedConvolution(
    x: Value,
    scope: string,
    lastLayer: LastLayer,
    settings: ConvolutionSettings,
  ): Value {
    const weights = this.#filters(x, scope, lastLayer, settings);
    const zero: Initial = { kind: 'constant', value: 0 };
    const biases = this.#parameter(scope, 'biases', [settings.filters], zero, lastLayer);
    return this.activate(this.#convolve(x, scope, [weights, biases], settings), settings);
  }

  /** Convolution, batch norm, activation. */
  convolution(
    x: Value,
    scope: string,
    lastLayer: LastLayer,
    settings: ConvolutionSettings & { readonly batchNorm: BatchNormSettings },
  ): Value {
    const weights = this.#filters(x, scope, lastLayer, settings);
    const sums = this.#convolve(x, scope, [weights], settings);
    return this.activate(this.batchNorm(sums, scope, lastLayer, settings.batchNorm), settings);
  }

  /** Depthwise convolution (one filter a channel), batch norm, activation. */
  depthwise(
    x: Value,
    scope: string,
    lastLayer: LastLayer,
    settings: Omit<ConvolutionSettings, 'filters'> & { readonly batchNorm: BatchNormSettings },
  ): Value {
    const channels = x.shape[1] ?? 0;
    const kernel = settings.kernel ?? 3;
    const weights = this.#parameter(
      scope,
      'depthwise_weights',
      [channels, 1, kernel, kernel],
      settings.initial ?? { kind: 'truncated-normal', deviation: 0.09 },
      lastLayer,
    );
    const own = { ...settings, kernel, filters: channels };
    const sums = this.#convolve(x, scope, [weights], own, channels);
    return this.activate(this.batchNorm(sums, scope, lastLayer, settings.batchNorm), settings);
  }

  /** Batch norm with scale and offset. */
  batchNorm(
    x: Value,
    layer: string,
    lastLayer: LastLayer,
    { decay, epsilon }: BatchNormSettings,
  ): Value {
    const scope = `${layer}/BatchNorm`;
    const shape = [x.shape[1] ?? 0];
    const constant = (value: number): Initial => ({ kind: 'constant', value });
    const gamma = this.#parameter(scope, 'gamma', shape, constant(1), lastLayer);
    const beta = this.#parameter(scope, 'beta', shape, constant(0), lastLayer);
    const mean = this.#read(`${scope}/moving_mean`, shape);
    const variance = this.#read(`${scope}/moving_variance`, shape);
    const count = elementCount(x.shape) / (x.shape[1] ?? 1);
    const track = (name: string, initial: 0 | 1, value: Value, batch?: Value) => {
      const own = { name: `${scope}/${name}`, shape, initial, decay, value, batch, count };
      this.#statistics.push({ ...own, source: x, epsilon });
    };
    if (this.#mode.kind === 'infer' || this.#mode.batchNorm === 'frozen') {
      track('moving_mean', 0, mean);
      track('moving_variance', 1, variance);
      const inputs = [x, gamma, beta, mean, variance];
      return this.builder.add('BatchNormalization', inputs, { epsilon }, { name: scope });
    }
    const [y = x, batchMean, batchVariance] = this.builder.addAll(
      'BatchNormTraining',
      [x, gamma, beta],
      { epsilon },
      { name: scope, outputs: 3 },
    );
    track('moving_mean', 0, mean, batchMean);
    track('moving_variance', 1, variance, batchVariance);
    return y;
  }

  activate(x: Value, { activation = 'none' }: { readonly activation?: ActivationName }): Value {
    switch (activation) {
      case 'none':
        return x;
      case 'relu':
        return this.builder.add('Relu', [x], {});
      case 'relu6':
        return this.builder.add('Clip', [x, this.#scalar(0), this.#scalar(6)], {});
      case 'hard-swish':
        return this.builder.add('HardSwish', [x], {});
    }
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

  /** Bilinear resize with aligned corners, DeepLab's everywhere. */
  resize(x: Value, [height, width]: readonly [number, number], scope: string): Value {
    if (x.shape[2] === height && x.shape[3] === width) return x;
    const sizes = this.builder.constant(int64([...x.shape.slice(0, 2), height, width]), 'sizes');
    const none = undefined;
    return this.builder.add(
      'Resize',
      [x, none, none, sizes],
      { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
      { name: scope },
    );
  }

  /** Drops activations in training only. */
  dropout(x: Value, scope: string): Value {
    if (this.#mode.kind === 'infer' || this.#mode.dropout !== true) return x;
    const mask = this.builder.input(`${scope}/mask`, 'float32', x.shape);
    this.#masks.push(mask);
    return this.builder.add('Mul', [x, mask], {}, { name: scope });
  }

  #filters(x: Value, scope: string, lastLayer: LastLayer, settings: ConvolutionSettings): Value {
    const { filters, kernel = 1 } = settings;
    const initial = settings.initial ?? { kind: 'truncated-normal', deviation: 0.09 };
    const shape = [filters, x.shape[1] ?? 0, kernel, kernel];
    return this.#parameter(scope, 'weights', shape, initial, lastLayer);
  }

  #convolve(
    x: Value,
    scope: string,
    weights: readonly Value[],
    { kernel = 1, stride = 1, rate = 1 }: ConvolutionSettings,
    group = 1,
  ): Value {
    const size = [x.shape[2] ?? 1, x.shape[3] ?? 1] as const;
    return this.builder.add(
      'Conv',
      [x, ...weights],
      {
        strides: [stride, stride],
        dilations: [rate, rate],
        pads: samePads(size, kernel, stride, rate),
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
    lastLayer: LastLayer,
  ): Value {
    const name = `${scope}/${role}`;
    const value = this.#read(name, shape);
    this.#parameters.push({ name, shape, role, initial, lastLayer, value });
    return value;
  }

  /** A value of the network's state: an input in training, else the constant of that name. */
  #read(name: string, shape: Shape): Value {
    if (this.#mode.kind === 'train') return this.builder.input(name, 'float32', shape);
    const found = this.#mode.weights.get(name);
    if (found === undefined || found.dtype !== 'float32' || !sameShape(found.shape, shape)) {
      throw new GraphError({
        place: `weights "${name}"`,
        problem: found === undefined ? 'missing' : 'not of the shape that the network has',
        expected: `float32 ${formatShape(shape)}`,
        ...(found === undefined ? {} : { found: `${found.dtype} ${formatShape(found.shape)}` }),
        fix: 'take weights that were trained with this configuration',
      });
    }
    return this.builder.constant(found, name);
  }

  #scalar(value: number): Value {
    return this.builder.constant(float32([], [value]), 'bound');
  }
}
