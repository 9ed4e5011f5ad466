import { backward } from '../autodiff/backward.js';
import { elementCount, float32, int64, type Shape, sameShape } from '../core/tensor.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, GraphOutput, Value } from '../graph/graph.js';
import { onnxDtypes } from '../graph/onnx-dtype.js';
import { type DeepLabSettings, deepLab } from '../models/deeplab.js';
import { type BuiltParameter, type BuiltStatistic, Layers } from '../models/layers.js';
import type { Parameter, Statistic } from '../models/parameters.js';
import { LossInputs, type LossSettings, totalLoss } from './losses/index.js';
import { type OptimizerSettings, slotNames, update } from './optimizers/index.js';

/** All that the graph of a training step depends on. */
export interface StepSettings {
  readonly network: DeepLabSettings;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  /** Label of pixels that do not count. */
  readonly ignoreValue: number;
  /** (pixel - mean) / std, per channel, pixels from 0 to 255. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly losses: readonly LossSettings[];
  readonly optimizer: OptimizerSettings;
  /** L2 penalty on convolution weights: not on depthwise ones, batch norm and biases. */
  readonly weightDecay: number;
  /** Factor on the gradients of the head and the logits. */
  readonly lastLayerMultiplier: number;
  /** Factor on the gradients of biases. */
  readonly biasMultiplier: number;
  /** Largest norm of all gradients together; longer ones are scaled down to it. */
  readonly clipNorm?: number;
  readonly batchNorm: 'batch' | 'frozen';
  /** Whether activations are dropped where the network says so; yes unless told. */
  readonly dropout?: boolean;
  /** Decay of the moving average of all parameters, where one is kept. */
  readonly averageDecay?: number;
}

/** A tensor that a run carries from step to step. */
export interface StateTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly kind: 'parameter' | 'slot' | 'average' | 'statistic';
}

/** Names of the inputs that differ from step to step. */
export const stepInputs = {
  /** uint8 [N, H, W, 3] */
  image: 'image',
  /** uint8 [N, H, W] */
  labels: 'labels',
  /** float32 [] */
  learningRate: 'learning_rate',
  /** float32 []: number of the step, from 1 */
  step: 'step',
  /** int64 [1]: pixels that hard-pixel mining keeps */
  keptPixels: 'kept_pixels',
} as const;

/** Name of the output with the loss, float32 []. */
export const lossOutput = 'loss';

/** Name of the output with the next value of a state tensor. */
export function nextName(name: string): string {
  return `next/${name}`;
}

/** Name of the gradient of a parameter, between the two halves of a step. */
export function gradientName(name: string): string {
  return `gradient/${name}`;
}

/** The graph of a training step, with what it must be fed. */
export interface TrainingGraph {
  readonly graph: Graph;
  readonly parameters: readonly Parameter[];
  readonly statistics: readonly Statistic[];
  /** What the graph reads and writes anew each step. */
  readonly state: readonly StateTensor[];
  readonly dropoutMasks: readonly { readonly name: string; readonly shape: Shape }[];
}

/**
 * A whole training step in one graph: (images, labels, rate, state) to (loss, new state).
 */
export function stepGraph(settings: StepSettings): TrainingGraph {
  const builder = new GraphBuilder({ foldConstants: true });
  const forward = new Forward(builder, settings);
  const gradients = forward.gradients();
  const updates = new Updates(builder, settings, forward.parameters);
  const outputs = [
    { name: lossOutput, value: forward.loss },
    ...updates.apply(gradients),
    ...forward.followedStatistics(updates.step),
  ];
  return {
    graph: builder.build(outputs),
    parameters: forward.parameters,
    statistics: forward.statistics,
    state: [...updates.state, ...forward.statisticState],
    dropoutMasks: forward.dropoutMasks,
  };
}

/** The first half of a step: losses, gradients and followed statistics. */
export function gradientGraph(settings: StepSettings): TrainingGraph {
  const builder = new GraphBuilder({ foldConstants: true });
  const forward = new Forward(builder, settings);
  const gradients = forward.gradients();
  const step = builder.input(stepInputs.step, 'float32', []);
  const outputs = [
    { name: lossOutput, value: forward.loss },
    ...forward.parameters.map(({ name }, index) => ({
      name: gradientName(name),
      value: gradients[index] ?? forward.loss,
    })),
    ...forward.followedStatistics(step),
  ];
  const parameters = forward.parameters.map(({ name, shape }) => ({
    name,
    shape,
    kind: 'parameter' as const,
  }));
  return {
    graph: builder.build(outputs),
    parameters: forward.parameters,
    statistics: forward.statistics,
    state: [...parameters, ...forward.statisticState],
    dropoutMasks: forward.dropoutMasks,
  };
}

/** The second half of a step: (gradients, rate, state) to new state. */
export function updateGraph(settings: StepSettings, parameters: readonly Parameter[]): Graph {
  const builder = new GraphBuilder({ foldConstants: true });
  const built = parameters.map((parameter) => ({
    ...parameter,
    value: builder.input(parameter.name, 'float32', parameter.shape),
  }));
  const updates = new Updates(builder, settings, built);
  const gradients = parameters.map(({ name, shape }) =>
    builder.input(gradientName(name), 'float32', shape),
  );
  return builder.build(updates.apply(gradients));
}

/** Network, loss and what follows from them. */
class Forward {
  readonly loss: Value;
  readonly #builder: GraphBuilder;
  readonly #layers: Layers;

  constructor(builder: GraphBuilder, settings: StepSettings) {
    this.#builder = builder;
    const { batch, height, width, network, batchNorm, ignoreValue, losses } = settings;
    const { dropout = true } = settings;
    this.#layers = new Layers(builder, { kind: 'train', batchNorm, dropout });
    const pixels = builder.input(stepInputs.image, 'uint8', [batch, height, width, 3]);
    const labels = builder.input(stepInputs.labels, 'uint8', [batch, height, width]);
    const image = normalised(builder, pixels, settings.normalisation);
    const logits = deepLab(this.#layers, image, network);
    const large = this.#layers.resize(logits, [height, width], 'logits/resized');
    const mines = losses.some((loss) => loss.kind === 'cross-entropy' && loss.hardPixels);
    const kept = mines ? builder.input(stepInputs.keptPixels, 'int64', [1]) : undefined;
    this.loss = totalLoss(new LossInputs(builder, large, labels, ignoreValue), losses, kept);
  }

  get parameters(): readonly BuiltParameter[] {
    return this.#layers.parameters;
  }

  get statistics(): readonly BuiltStatistic[] {
    return this.#layers.statistics;
  }

  get dropoutMasks(): TrainingGraph['dropoutMasks'] {
    return this.#layers.dropoutMasks;
  }

  get statisticState(): readonly StateTensor[] {
    return this.statistics.map(({ name, shape }) => ({ name, shape, kind: 'statistic' as const }));
  }

  gradients(): readonly Value[] {
    return backward(
      this.#builder,
      this.loss,
      this.parameters.map(({ value }) => value),
    );
  }

  /**
   * Batch-norm statistics moved towards the batch's own, variances without bias.
   *
   * A run's first steps move them faster, by min(decay, (1 + t) / (10 + t)): with a decay of 0.9997
   * most of the initial values would still be in them after thousands of steps.
   */
  followedStatistics(step: Value): readonly GraphOutput[] {
    const builder = this.#builder;
    const scalar = (value: number) => builder.constant(float32([], [value]), 'constant');
    const add = (a: Value, b: Value) => builder.add('Add', [a, b], {});
    const early = builder.add('Div', [step, add(step, scalar(9))], {});
    const decays = new Map<number, Value>();
    const decayOf = (decay: number): Value => {
      const known = decays.get(decay) ?? builder.add('Min', [scalar(decay), early], {});
      decays.set(decay, known);
      return known;
    };
    return this.statistics.map(({ name, decay, value, batch, initial, count }) => {
      if (batch === undefined) return { name: nextName(name), value };
      const correction = initial === 1 && count > 1 ? count / (count - 1) : 1;
      const own = correction === 1 ? batch : builder.add('Mul', [batch, scalar(correction)], {});
      // old + (1 - decay) (own - old)
      const share = builder.add('Sub', [scalar(1), decayOf(decay)], {});
      const way = builder.add('Sub', [own, value], {});
      const next = add(value, builder.add('Mul', [way, share], {}));
      return { name: nextName(name), value: next };
    });
  }
}

/** From gradients to new parameters. */
class Updates {
  readonly step: Value;
  readonly state: readonly StateTensor[];
  readonly #builder: GraphBuilder;
  readonly #settings: StepSettings;
  readonly #parameters: readonly BuiltParameter[];
  readonly #rate: Value;
  readonly #inputs = new Map<string, Value>();

  constructor(
    builder: GraphBuilder,
    settings: StepSettings,
    parameters: readonly BuiltParameter[],
  ) {
    this.#builder = builder;
    this.#settings = settings;
    this.#parameters = parameters;
    this.#rate = builder.input(stepInputs.learningRate, 'float32', []);
    this.step = builder.input(stepInputs.step, 'float32', []);
    const kept: StateTensor[] = [];
    for (const { name, shape } of parameters) {
      kept.push({ name, shape, kind: 'parameter' });
      for (const slot of this.#slots(name)) kept.push({ name: slot, shape, kind: 'slot' });
      if (settings.averageDecay !== undefined) {
        kept.push({ name: averageName(name), shape, kind: 'average' });
      }
    }
    this.state = kept;
    for (const { name, shape, kind } of kept) {
      if (kind !== 'parameter') this.#inputs.set(name, builder.input(name, 'float32', shape));
    }
  }

  apply(gradients: readonly Value[]): readonly GraphOutput[] {
    const scaled = this.#parameters.map((parameter, index) =>
      this.#shaped(parameter, this.#flat(gradients[index] ?? parameter.value)),
    );
    const clipped = this.#clipped(scaled);
    return this.#parameters.flatMap((parameter, index) =>
      this.#updated(parameter, clipped[index] ?? parameter.value),
    );
  }

  /**
   * A value as a vector. On shapes that end in 1, those of 1x1 convolutions, ONNX Runtime goes
   * element by element where a scalar is broadcast: ten times as long.
   */
  #flat(value: Value): Value {
    return this.#reshaped(value, [elementCount(value.shape)]);
  }

  #reshaped(value: Value, shape: Shape): Value {
    if (sameShape(value.shape, shape)) return value;
    const target = this.#builder.constant(int64(shape), 'shape');
    return this.#builder.add('Reshape', [value, target], {}, { name: `${value.name}/reshaped` });
  }

  #slots(name: string): readonly string[] {
    return slotNames(this.#settings.optimizer).map((slot) => `${name}/${slot}`);
  }

  /** Weight decay added (where the optimizer does not keep it apart), multipliers applied. */
  #shaped({ role, lastLayer, value }: BuiltParameter, gradient: Value): Value {
    const { weightDecay, lastLayerMultiplier, biasMultiplier, optimizer } = this.#settings;
    const builder = this.#builder;
    const times = (a: Value, factor: number) =>
      builder.add('Mul', [a, this.#scalar(factor)], {}, { name: `${value.name}/scaled` });
    const penalised = role === 'weights' && weightDecay > 0 && optimizer.kind !== 'adamw';
    const whole = penalised
      ? builder.add('Add', [gradient, times(this.#flat(value), weightDecay)], {})
      : gradient;
    const factor =
      (lastLayer === 'backbone' ? 1 : lastLayerMultiplier) *
      (role === 'biases' ? biasMultiplier : 1);
    return factor === 1 ? whole : times(whole, factor);
  }

  #clipped(gradients: readonly Value[]): readonly Value[] {
    const { clipNorm } = this.#settings;
    if (clipNorm === undefined) return gradients;
    const builder = this.#builder;
    const squares = gradients.map((gradient) => {
      const axes = builder.constant(int64([...gradient.shape.keys()]), 'axes');
      const square = builder.add('Mul', [gradient, gradient], {});
      return builder.add('ReduceSum', [square, axes], { keepdims: 0 });
    });
    const total = squares.reduce((sum, square) => builder.add('Add', [sum, square], {}));
    const norm = builder.add('Max', [builder.add('Sqrt', [total], {}), this.#scalar(1e-12)], {});
    const ratio = builder.add('Div', [this.#scalar(clipNorm), norm], {});
    const factor = builder.add('Min', [ratio, this.#scalar(1)], {});
    return gradients.map((gradient) => builder.add('Mul', [gradient, factor], {}));
  }

  #updated({ name, role, value }: BuiltParameter, gradient: Value): readonly GraphOutput[] {
    const { optimizer, averageDecay, weightDecay } = this.#settings;
    const names = this.#slots(name);
    const slots = names.map((slot) => this.#flat(this.#inputs.get(slot) ?? value));
    const { parameter, slots: next } = update(this.#builder, optimizer, {
      parameter: this.#flat(value),
      gradient,
      slots,
      rate: this.#rate,
      step: this.step,
      decay: role === 'weights' ? weightDecay : 0,
    });
    const average = this.#inputs.get(averageName(name));
    return [
      { name: nextName(name), value: this.#reshaped(parameter, value.shape) },
      ...names.map((slot, index) => ({
        name: nextName(slot),
        value: this.#reshaped(next[index] ?? parameter, value.shape),
      })),
      ...(average === undefined || averageDecay === undefined
        ? []
        : [
            {
              name: nextName(averageName(name)),
              value: this.#reshaped(
                this.#averaged(this.#flat(average), parameter, averageDecay),
                value.shape,
              ),
            },
          ]),
    ];
  }

  /** average + (1 - decay) (parameter - average), with the same faster start as the statistics. */
  #averaged(average: Value, parameter: Value, decay: number): Value {
    const builder = this.#builder;
    const later = builder.add('Add', [this.step, this.#scalar(9)], {});
    const early = builder.add('Div', [this.step, later], {});
    const kept = builder.add('Min', [this.#scalar(decay), early], {});
    const share = builder.add('Sub', [this.#scalar(1), kept], {});
    const way = builder.add('Sub', [parameter, average], {});
    return builder.add('Add', [average, builder.add('Mul', [way, share], {})], {});
  }

  #scalar(value: number): Value {
    return this.#builder.constant(float32([], [value]), 'constant');
  }
}

/** Name of the moving average of a parameter, as TensorFlow calls it. */
export function averageName(name: string): string {
  return `${name}/ExponentialMovingAverage`;
}

/** uint8 [N, H, W, 3] to normalised float32 [N, 3, H, W]. */
function normalised(
  builder: GraphBuilder,
  pixels: Value,
  { mean, std }: StepSettings['normalisation'],
): Value {
  const perPlane = (values: readonly number[], name: string) =>
    builder.constant(float32([3, 1, 1], [...values]), name);
  const planes = builder.add('Transpose', [pixels], { perm: [0, 3, 1, 2] }, { name: 'planes' });
  const wide = builder.add('Cast', [planes], { to: onnxDtypes.float32 }, { name: 'pixels' });
  const centred = builder.add('Sub', [wide, perPlane(mean, 'mean')], {}, { name: 'centred' });
  return builder.add('Div', [centred, perPlane(std, 'std')], {}, { name: 'normalised' });
}
